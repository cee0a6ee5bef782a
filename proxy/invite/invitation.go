package invite

import (
	"maps"
	"time"
)

// Place is what an invitation is valid for. If a tenant is configured with another realm or group
// than at the time of the invitation, it is another customer's, and the invitation is worth
// nothing.
type Place struct {
	Tenant string `json:"tenant"`
	Realm  string `json:"realm"`
	Group  string `json:"group,omitempty"`
}

// Invitation is the newest invitation of a tenant.
type Invitation struct {
	Place

	ID      string    `json:"id"`
	Made    time.Time `json:"made"`
	By      string    `json:"by"`
	Expires time.Time `json:"expires"`
	// Since is when the set-up began: with the first of the invitations of a staged tenant, so that
	// a new link keeps what was done with the former one.
	Since time.Time `json:"since"`
	// Staged means that the tenant was staged when the invitation was made.
	Staged    bool      `json:"staged"`
	Revoked   time.Time `json:"revoked,omitzero"`
	RevokedBy string    `json:"revokedBy,omitempty"`
	// Live is when the tenant went live. Its trial has ended then, also if it is staged again.
	Live time.Time `json:"live,omitzero"`
	// Opened is when the link was exchanged for a session.
	Opened time.Time `json:"opened,omitzero"`
	// Connected is when a read was answered first, Matched when users were first looked up.
	Connected time.Time `json:"connected,omitzero"`
	Matched   time.Time `json:"matched,omitzero"`
	// Waived are the lines of the checklist that an operator has waived.
	Waived map[string]Waiver `json:"waived,omitempty"`
}

// Waiver says why a line of the checklist does not matter.
type Waiver struct {
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Open reports whether the invitation is neither revoked nor expired.
func (i Invitation) Open(now time.Time) bool { return i.ended(now) == nil }

// ended is why the invitation is over, or nil.
func (i Invitation) ended(now time.Time) error {
	switch {
	case !i.Revoked.IsZero():
		return &EndedError{Revoked, i.Revoked}
	case !now.Before(i.Expires):
		return &EndedError{Expired, i.Expires}
	}
	return nil
}

// continues reports whether a new invitation goes on with the set-up of this one.
func (i Invitation) continues(at Place, staged bool) bool {
	return i.Place == at && i.Staged && staged && i.Live.IsZero()
}

// clone shares nothing with the invitation.
func (i Invitation) clone() Invitation {
	i.Waived = maps.Clone(i.Waived)
	return i
}
