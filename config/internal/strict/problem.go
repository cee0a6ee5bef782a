package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong.
type Problem struct {
	// File is empty if the configuration was not read from a file.
	File string
	// Line and Column begin with 1. They are 0 if neither the key nor a key above it is in the
	// file.
	Line, Column int
	// Path names the key, such as store.redis.addresses[0]. It is empty for the whole file.
	Path string
	// Message says what is wrong, in words that follow the path.
	Message string
}

// String is one line for the operator, such as "config.yaml:12:3 keycloak.timeout: must be more
// than 0".
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		where += " " + p.Path
	}
	if where == "" {
		return p.Message
	}
	return strings.TrimSpace(where) + ": " + p.Message
}

// Problems is everything that is wrong, as an error.
type Problems []Problem

// Error has one line per problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Sort orders problems by file, line and column. Those without a position come first in their file.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
