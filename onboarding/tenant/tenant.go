package tenant

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/onboarding"
)

// Tenant is a tenant in Keycloak, seen with an administrator's session.
type Tenant struct {
	Spec
	admin *onboarding.Admin
	// credentials of the account, once Apply has made sure of it.
	credentials onboarding.Credentials
}

// New returns a tenant. It sends no request.
func New(admin *onboarding.Admin, s Spec) *Tenant { return &Tenant{Spec: s, admin: admin} }

// Change is a difference between what Keycloak has and what the tenant needs.
type Change struct {
	// The object or the setting.
	What string `json:"what"`
	// From is its state, "" if it does not exist.
	From string `json:"from,omitempty"`
	// To is what it shall be, "" if it shall be removed.
	To string `json:"to,omitempty"`
}

// String formats a change as a line of a diff.
func (c Change) String() string {
	switch {
	case c.From == "":
		return fmt.Sprintf("+ %s: %s", c.What, c.To)
	case c.To == "":
		return fmt.Sprintf("- %s: %s", c.What, c.From)
	}
	return fmt.Sprintf("~ %s: %s -> %s", c.What, c.From, c.To)
}

// step is one thing that a tenant needs.
type step struct {
	// look returns what would change, nil if the step is done.
	look func(context.Context) (*Change, error)
	do   func(context.Context) error
}

func (t *Tenant) steps() []step {
	steps := []step{t.scim(), t.editUsername()}
	if t.Group != "" {
		steps = append(steps, t.fineGrained(), t.group(), t.pool())
	}
	if t.Organization != "" {
		steps = append(steps, t.organizations(), t.organization())
	}
	for _, name := range t.Map {
		steps = append(steps, t.mapped(name))
	}
	steps = append(steps, t.account())
	if t.Group != "" {
		steps = append(steps, t.policy())
		for _, p := range t.parts() {
			steps = append(steps, t.permission(p))
		}
	}
	return steps
}

// Plan returns what Apply would change. It changes nothing.
func (t *Tenant) Plan(ctx context.Context) (all []Change, err error) {
	for _, s := range t.steps() {
		if err := t.admin.Renew(ctx); err != nil {
			return nil, err
		}
		change, err := s.look(ctx)
		if err != nil {
			return nil, err
		}
		if change != nil {
			all = append(all, *change)
		}
	}
	return all, nil
}

// Apply makes every change of the plan, and returns the account's credentials. It reports each
// change when it is made. If it fails, the changes that it has reported stay, and calling it again
// makes the others.
func (t *Tenant) Apply(ctx context.Context, made func(Change)) (onboarding.Credentials, error) {
	for _, s := range t.steps() {
		if err := t.admin.Renew(ctx); err != nil {
			return onboarding.Credentials{}, err
		}
		if err := t.apply(ctx, s, made); err != nil {
			return onboarding.Credentials{}, err
		}
	}
	if t.credentials.User == "" { // the account was complete
		var err error
		if t.credentials, err = t.admin.EnsureAccount(ctx, t.Spec.account()); err != nil {
			return onboarding.Credentials{}, err
		}
	}
	return t.credentials, nil
}

// Refill fills the pool of free groups up, and nothing else. It can be repeated like Apply.
func (t *Tenant) Refill(ctx context.Context, made func(Change)) error {
	steps := []step{t.pool()}
	for _, p := range t.parts() {
		if p.name == t.permissionName(poolPart) {
			steps = append(steps, t.permission(p))
		}
	}
	for _, s := range steps {
		if err := t.apply(ctx, s, made); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tenant) apply(ctx context.Context, s step, made func(Change)) error {
	change, err := s.look(ctx)
	if err != nil || change == nil {
		return err
	}
	if err := s.do(ctx); err != nil {
		return fmt.Errorf("%s: %w", change.What, err)
	}
	left, err := s.look(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", change.What, err)
	case left != nil:
		return fmt.Errorf("%s: Keycloak did not keep the change: %s", change.What, left)
	}
	made(*change)
	return nil
}

// send sends a request to the Admin REST API of the realm.
func (t *Tenant) send(ctx context.Context, method string, body any, path ...string) error {
	_, err := t.admin.Do(ctx, t.Realm, onboarding.Request{Method: method, Path: path, Body: body})
	return err
}

// get reads from the Admin REST API of the realm.
func (t *Tenant) get(ctx context.Context, result any, query url.Values, path ...string) error {
	_, err := t.admin.Do(ctx, t.Realm, onboarding.Request{Method: http.MethodGet, Path: path, Query: query, Result: result})
	return err
}

// create sends a POST, and returns the id of the new object.
func (t *Tenant) create(ctx context.Context, body any, path ...string) (string, error) {
	return t.admin.Do(ctx, t.Realm, onboarding.Request{Method: http.MethodPost, Path: path, Body: body})
}

// absent turns the error for an object that does not exist into nil.
func absent(err error) error {
	if onboarding.Status(err) == http.StatusNotFound {
		return nil
	}
	return err
}
