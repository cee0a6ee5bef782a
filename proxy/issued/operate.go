package issued

import (
	"context"
	"fmt"
	"time"
)

// The actions of a Request.
const (
	ActionList      = "list"
	ActionMake      = "make"
	ActionRotate    = "rotate"
	ActionRevoke    = "revoke"
	ActionRevokeAll = "revoke-all"
	ActionDrop      = "drop"
)

// Request is what an operator wants of the tokens of a tenant.
type Request struct {
	Tenant, Action string
	// By is the operator.
	By string
	// ID is that of the token to revoke.
	ID string
	// Expires and Overlap are those of Make and Rotate.
	Expires time.Time
	Overlap time.Duration
}

// Answer is what has become of a Request.
type Answer struct {
	// Text is that of a new token, which is nowhere else. It must not be logged.
	Text string `json:"text,omitempty"`
	// Made is the id of the new token, Revoked are those that were revoked.
	Made    string   `json:"made,omitempty"`
	Revoked []string `json:"revoked,omitempty"`
	// Tokens are those of the tenant afterwards.
	Tokens []Shown `json:"tokens"`
}

// Shown is what of a token may be shown, which is not its hash.
type Shown struct {
	Token
	State string `json:"state"`
	// Used is when it was last used, zero if no use is known.
	Used time.Time `json:"used,omitzero"`
}

// Show returns the tokens of a tenant with their states, in the order in which they were made.
func (t *Tokens) Show(ctx context.Context, tenant string) ([]Shown, error) {
	all, err := t.List(ctx, tenant)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, one := range all {
		ids[i] = one.ID
	}
	used := map[string]time.Time{}
	if t.o.Uses != nil && len(ids) > 0 {
		used = t.o.Uses(ctx, tenant, ids)
	}
	shown := make([]Shown, len(all))
	for i, one := range all {
		shown[i] = Shown{Token: one, State: one.State(t.o.Now()), Used: used[one.ID]}
	}
	return shown, nil
}

// String hides the text.
func (a Answer) String() string { return fmt.Sprintf("made %q, revoked %q", a.Made, a.Revoked) }

// Do carries out a request.
func (t *Tokens) Do(ctx context.Context, r Request) (a Answer, err error) {
	switch r.Action {
	case ActionList:
	case ActionMake:
		text, made, failed := t.Make(ctx, r.Tenant, r.By, r.Expires)
		a.Text, a.Made, err = text.Reveal(), made.ID, failed
	case ActionRotate:
		text, made, failed := t.Rotate(ctx, r.Tenant, r.By, r.Expires, r.Overlap, nil)
		a.Text, a.Made, err = text.Reveal(), made.ID, failed
	case ActionRevoke:
		err = t.Revoke(ctx, r.Tenant, r.ID, r.By)
		a.Revoked = []string{r.ID}
	case ActionRevokeAll:
		a.Revoked, err = t.RevokeAll(ctx, r.Tenant, r.By, nil)
	case ActionDrop:
		a.Revoked, err = t.Drop(ctx, r.Tenant, r.By)
	default:
		err = fmt.Errorf("issued: %q is not an action", r.Action)
	}
	if err != nil {
		return Answer{}, err
	}
	if a.Tokens, err = t.Show(ctx, r.Tenant); err != nil && a.Made != "" {
		return a, nil // a text that was made must reach the operator
	}
	return a, err
}
