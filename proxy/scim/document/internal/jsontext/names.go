package jsontext

import (
	"strings"
	"unicode"
	"unicode/utf8"
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
const fewNames = 16

// Names is a list of names that differ by more than case.
type Names struct {
	few [fewNames]string // without an allocation
	n   int              // how many there are in few
	at  map[string]int
}

// Put adds a name if it is new. It returns its position, and whether it was there before.
func (n *Names) Put(name string) (at int, twice bool) {
	if n.at == nil {
		for i, have := range n.few[:n.n] {
			if strings.EqualFold(have, name) {
				return i, true
			}
		}
		if n.n < fewNames {
			n.few[n.n] = name
			n.n++
			return n.n - 1, false
		}
		n.at = map[string]int{}
		for i, have := range n.few {
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

// SameLower reports whether two texts are equal in lower case. It makes no copies of ASCII texts.
func SameLower(a, b string) bool {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x >= utf8.RuneSelf || y >= utf8.RuneSelf:
			a, b = strings.ToLower(a), strings.ToLower(b) // not EqualFold, which also takes ſ for s
			return a == b
		case x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z'):
			return false
		}
	}
	return len(a) == len(b) // no character becomes nothing in lower case
}
