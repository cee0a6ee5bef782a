package invite

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrInvalid means that a text is no link or session of this proxy. It does not say more.
	ErrInvalid = errors.New("the link is not valid")
	// ErrNone means that a tenant has no invitation.
	ErrNone = errors.New("the tenant has no invitation")
	// ErrStore means that the store does not answer. A repetition may succeed.
	ErrStore = errors.New("the store does not answer")
)

// Why a link does not work any more.
const (
	Expired  = "expired"
	Revoked  = "revoked"
	Replaced = "replaced"
	Used     = "used"
)

// EndedError means that a genuine link or session is not valid any more.
type EndedError struct {
	Why string
	At  time.Time // zero for Replaced
}

func (e *EndedError) Error() string {
	switch e.Why {
	case Replaced:
		return "the link was replaced by a newer one"
	case Used:
		return fmt.Sprintf("the link was opened already, at %s: it works once", e.At.UTC().Format(time.RFC3339))
	case Revoked:
		return fmt.Sprintf("the link was revoked at %s", e.At.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("the link has expired at %s", e.At.UTC().Format(time.RFC3339))
}

// Unknown reports whether an error says nothing about a link or a session, because the store does
// not answer.
func Unknown(err error) bool { return errors.Is(err, ErrStore) }
