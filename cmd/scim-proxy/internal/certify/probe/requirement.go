package probe

import (
	"context"
	"fmt"
)

// Level is the weight of a requirement.
type Level string

// The levels of RFC 2119. Only a failed Must fails a run.
const (
	Must   Level = "must"
	Should Level = "should"
)

// The profiles. Each of the first four includes those before it.
const (
	Core     = "core"
	Interop  = "interop"
	IPSIEAL1 = "ipsie-al1"
	IPSIEAL2 = "ipsie-al2"
	Entra    = "entra"
	Okta     = "okta"
)

// Requirement is one thing that a profile demands of a server.
type Requirement struct {
	// ID names the requirement in all outputs. It does not change.
	ID string
	// Profile is where the requirement comes from.
	Profile string
	// Clause is the document with its section.
	Clause string
	// Text says what the server does, in our own words.
	Text  string
	Level Level
	// Superseded means that the profiles that build on Profile demand the opposite.
	Superseded bool
	// Check is nil if the requirement cannot be checked from outside.
	Check Check
	// Outside is the reason why it cannot be checked from outside.
	Outside string
}

// Check asks the server. It returns nil, a *Failure, Skip, or an error of the connection.
type Check func(ctx context.Context, s *Session) error

// Failure is a difference from a requirement: the request without its headers, and what was
// expected and shown.
type Failure struct {
	Sent     string `json:"sent,omitempty"`
	Expected string `json:"expected"`
	Shown    string `json:"shown"`
}

// Error is the failure on one line.
func (f *Failure) Error() string {
	return fmt.Sprintf("sent %s; expected %s; shown %s", f.Sent, f.Expected, f.Shown)
}

// Skip is the reason why a check does not apply to a server.
type Skip string

// Error is the reason.
func (s Skip) Error() string { return string(s) }

// Unknowable is the reason why a check cannot decide from outside.
type Unknowable string

// Error is the reason.
func (u Unknowable) Error() string { return string(u) }

// All runs checks in their order until one does not return nil.
func All(checks ...Check) Check {
	return func(ctx context.Context, s *Session) error {
		for _, c := range checks {
			if err := c(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
}
