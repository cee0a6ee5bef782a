package console

import (
	"context"
	"errors"
	"time"

	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/undo"
)

// ErrUnknown means that there is no such tenant, user or group. A Backend returns it, also wrapped;
// the page is 404.
var ErrUnknown = errors.New("it does not exist")

// Backend is the proxy as the console sees it. Its methods may be called concurrently, end with
// their context, and never return secrets except where they say so.
//
// A read that fails returns an error, whose text is shown in its part of the page: the rest of the
// page stays. Parts that do not exist here (no journal, no invitations) are errors that say so.
// Texts may be anything that callers have sent: pages escape and cut them.
//
// An action is called once for each confirmed form, after Record has returned. An error because of
// the state that something is in is one of Refused. Its text names no
// secret. by is the operator, for the journal.
type Backend interface {
	// Tenants returns n tenants that follow after in the order of their names ("" is the start), and
	// how many there are.
	Tenants(ctx context.Context, after string, n int) (rows []Summary, all int, err error)
	// Exists reports whether there is a tenant with this name. It is cheap.
	Exists(ctx context.Context, tenant string) (bool, error)
	// Tenant returns one tenant.
	Tenant(ctx context.Context, name string) (Detail, error)
	// Activity returns entries of the tenant's journal, the newest first: at most n that are older
	// than the entry with the id before ("": the newest).
	Activity(ctx context.Context, tenant, before string, n int) ([]Activity, error)
	// Follow calls changed when the journal of a tenant may have new or ended entries, until the
	// context ends. It is called once for all pages that show the tenant. It calls at most once a
	// second.
	Follow(ctx context.Context, tenant string, changed func()) error
	// Hours returns the writes of the last 24 hours, the oldest hour first.
	Hours(ctx context.Context, tenant string) ([]Hour, error)
	// Tokens returns the tokens of a tenant, those that are in use first.
	Tokens(ctx context.Context, tenant string) ([]Token, error)
	// Guard returns the state of a tenant's guard.
	Guard(ctx context.Context, tenant string) (budget.State, error)
	// Setup returns the invitation of a tenant and its checklist; Link is empty. A tenant without
	// one has the zero Setup.
	Setup(ctx context.Context, tenant string) (Setup, error)
	// Resource returns a user or group, by its id or name, with at most n entries of its history,
	// the newest first.
	Resource(ctx context.Context, tenant string, of scim.ResourceType, idOrName string, n int) (Resource, error)
	// System returns what is known of the store, the realms and the program.
	System(ctx context.Context) (System, error)

	// Record makes the journal's entry of an action before it is done. done gets what came of it; nil
	// is success. If it fails, the action is not done.
	Record(ctx context.Context, a Act) (done func(ctx context.Context, err error), err error)

	// MakeToken returns the new token's text, which is shown once. A zero expiry is none.
	MakeToken(ctx context.Context, tenant string, by Operator, expires time.Time) (text string, t Token, err error)
	// RotateToken makes a new token with the expiry; the other tokens that were made at run time end
	// after overlap.
	RotateToken(ctx context.Context, tenant string, by Operator, expires time.Time, overlap time.Duration) (text string, t Token, err error)
	RevokeToken(ctx context.Context, tenant, id string, by Operator) error
	// Verify runs the canary. A staged tenant stays staged.
	Verify(ctx context.Context, tenant string, by Operator) (canary.Report, error)
	// Stage makes a tenant staged. Live makes it live, with a finished checklist and a green canary.
	Stage(ctx context.Context, tenant string, by Operator) error
	Live(ctx context.Context, tenant string, by Operator) error
	// ReleaseGuard lets all changes through for a time, CloseGuard ends that.
	ReleaseGuard(ctx context.Context, tenant string, by Operator, span time.Duration) error
	CloseGuard(ctx context.Context, tenant string, by Operator) error
	// Drift carries out a job (drift.Run): a walk is not an action, and a reapply is.
	Drift(ctx context.Context, j drift.Job) (drift.Outcome, error)
	// Undo carries out a job (undo.Run): a plan is not an action, and its execution is. As there,
	// the outcome is returned also if the undo failed in the middle.
	Undo(ctx context.Context, j undo.Job) (undo.Outcome, error)
	// Invite makes the set-up link of a tenant, which is in Setup.Link, this once.
	Invite(ctx context.Context, tenant string, by Operator, span time.Duration) (Setup, error)
	RevokeInvite(ctx context.Context, tenant string, by Operator) error
	// Waive makes a line of the checklist count as done; reason is why.
	Waive(ctx context.Context, tenant, line, reason string, by Operator) error
}

// Operator is who is signed in.
type Operator struct {
	// Name is the userName in Keycloak, or local if there is no sign-in.
	Name string
	// Subject is the id in Keycloak.
	Subject string
	// Address is the address of the browser.
	Address string
}

// Act is an action for the journal.
type Act struct {
	By     Operator
	Tenant string
	// Verb is the name of the action, such as token-make; see Actions.
	Verb string
	// About says what it is about, such as the id of a token or of a request. It may come from the
	// form. It is never a secret.
	About string
}

// Activity is an entry of the journal with the sentences that explain it (explain.Entry). The first
// says what came of it.
type Activity struct {
	journal.Entry
	Sentences []string
}

// Hour counts the writes that began within an hour.
type Hour struct {
	Begin time.Time
	// Done were made, Refused were refused before anything was done, Failed were begun and failed.
	Done, Refused, Failed int
}
