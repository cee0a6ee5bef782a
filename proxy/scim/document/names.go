package document

import (
	"strings"
	"unicode"
)

// Fold returns the same text for all names that strings.EqualFold considers equal: lower case, and
// one form of characters that have more than two.
func Fold(name string) string {
	for i := range len(name) {
		if name[i] >= 0x80 {
			return strings.Map(foldRune, name)
		}
	}
	return strings.ToLower(name)
}

func foldRune(r rune) rune {
	least := r
	for c := unicode.SimpleFold(r); c != r; c = unicode.SimpleFold(c) {
		least = min(least, c)
	}
	return unicode.ToLower(least)
}

// fewNames is the largest number of names that are compared one by one, without a map.
const fewNames = 8

// names is a list of names that differ by more than case.
type names struct {
	first []string
	at    map[string]int
}

// put adds a name if it is new. It returns its position, and whether it was there before.
func (n *names) put(name string) (at int, twice bool) {
	if n.at == nil {
		for i, have := range n.first {
			if strings.EqualFold(have, name) {
				return i, true
			}
		}
		if len(n.first) < fewNames {
			n.first = append(n.first, name)
			return len(n.first) - 1, false
		}
		n.at = map[string]int{}
		for i, have := range n.first {
			n.at[Fold(have)] = i
		}
	}
	name = Fold(name)
	if i, ok := n.at[name]; ok {
		return i, true
	}
	i := len(n.at)
	n.at[name] = i
	return i, false
}
