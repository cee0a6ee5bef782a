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
	// Tenant is "" for a list of all tenants.
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
	// All are those of all tenants, by their names.
	All map[string][]Shown `json:"all,omitempty"`
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
	return t.shown(ctx, tenant, all), nil
}

// ShowAll is Show of all tenants that have tokens, by their names.
func (t *Tokens) ShowAll(ctx context.Context) (map[string][]Shown, error) {
	shown := map[string][]Shown{}
	for after, more := "", true; more; {
		some, next, err := t.o.Space.Page(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, e := range some {
			all, err := decode(e.ID, e.Record, true)
			if err != nil {
				return nil, err
			}
			shown[e.ID] = t.shown(ctx, e.ID, all)
		}
		after, more = next, next != ""
	}
	return shown, nil
}

// shown is what of tokens may be shown.
func (t *Tokens) shown(ctx context.Context, tenant string, all []Token) []Shown {
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
		one.SHA256 = ""
		shown[i] = Shown{Token: one, State: one.State(t.o.Now()), Used: used[one.ID]}
		if place, configured := t.o.Place(tenant); configured && one.Place != place && shown[i].State == Live {
			shown[i].State = Moved
		}
	}
	return shown
}

// String hides the text.
func (a Answer) String() string { return fmt.Sprintf("made %q, revoked %q", a.Made, a.Revoked) }

// Do carries out a request.
func (t *Tokens) Do(ctx context.Context, r Request) (a Answer, err error) {
	switch r.Action {
	case ActionList:
		if r.Tenant == "" {
			a.All, err = t.ShowAll(ctx)
			return a, err
		}
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
