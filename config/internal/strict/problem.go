package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong.
type Problem struct {
	// File is empty where the configuration was not read from one.
	File string
	// Line and Column begin with 1. They are 0 where neither the key nor one above it is there.
	Line, Column int
	// Path names the key, such as store.redis.addresses[0]; empty is the whole file.
	Path string
	// Message is what is wrong with it, in words that follow the path.
	Message string
}

// String is one line for the operator, such as "config.yaml:12:3 keycloak.timeout: must be more than 0".
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

// Sort brings problems into the order in which they stand in the files; what stands nowhere comes first.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
