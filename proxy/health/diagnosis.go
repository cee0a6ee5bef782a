package health

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// Step is one thing that a tenant needs.
type Step string

// Steps, in the order in which they are asked for.
const (
	Token    Step = "token"
	Audience Step = "audience"
	Feature  Step = "feature"
	Switch   Step = "switch"
	Role     Step = "role"
	Profile  Step = "profile"
)

var steps = []Step{Token, Audience, Feature, Switch, Role, Profile}

// Finding is the outcome of a step.
type Finding struct {
	Step Step
	// Fault is what is wrong, or nil.
	Fault *fault.Fault
	// Open says why the step could not be decided, or nil.
	Open error
	// Note is for the person who reads a finding without a fault.
	Note string
}

// Report has a finding for each step, in their order.
type Report []Finding

// Faults are what is wrong.
func (r Report) Faults() (all []*fault.Fault) {
	for _, f := range r {
		if f.Fault != nil {
			all = append(all, f.Fault)
		}
	}
	return all
}

// Open is the first reason why a step could not be decided, or nil.
func (r Report) Open() error {
	for _, f := range r {
		if f.Open != nil {
			return f.Open
		}
	}
	return nil
}

// Works reports whether the tenant has all that it needs.
func (r Report) Works() bool { return len(r.Faults()) == 0 && r.Open() == nil }

// errNotAsked is why a step is open behind one that failed.
var errNotAsked = errors.New("not asked, because of what is missing before it")

// errHidden is why the feature is open for an account that may not see it.
var errHidden = errors.New("the account may not see what the server runs with")

// diagnosis collects findings.
type diagnosis struct {
	client  *keycloak.Client
	account *keycloak.Account
	group   string
	found   map[Step]Finding
}

// Diagnose asks Keycloak for what an account needs: to manage the users of its realm, or to work in
// a group. It changes nothing.
func Diagnose(ctx context.Context, c *keycloak.Client, a *keycloak.Account, group string) Report {
	d := &diagnosis{c, a, group, map[Step]Finding{}}
	if token, err := a.Token(ctx); d.settle(Token, err) {
		d.api(ctx, token)
		d.profile(ctx)
	}
	report := make(Report, len(steps))
	for i, s := range steps {
		f, settled := d.found[s]
		if !settled {
			f = Finding{Step: s, Open: errNotAsked}
		}
		report[i] = f
	}
	return report
}

// settle notes what came of a step, and reports whether it is good.
func (d *diagnosis) settle(s Step, err error) bool {
	f := Finding{Step: s}
	switch broken, ok := fault.In(err); {
	case ok:
		f.Fault = broken
	case errors.Is(err, errHidden):
		f.Open = err
	case err != nil:
		f.Open = fmt.Errorf("if Keycloak runs, check keycloak.url: %w", err)
	}
	d.found[s] = f
	return err == nil
}

func (d *diagnosis) good(steps ...Step) {
	for _, s := range steps {
		d.found[s] = Finding{Step: s}
	}
}

// api asks the SCIM API. It looks for the feature and the switch first, then at the audience, then
// at the role, so its refusal settles the steps before it (measured).
func (d *diagnosis) api(ctx context.Context, token string) {
	realm := keycloak.NewRealm(d.client, d.account.Realm(), d.account, profile.Stock())
	err := realm.Permitted(ctx)
	broken, _ := fault.In(err)
	switch {
	case err == nil:
		d.good(Feature, Switch, Audience)
		d.settle(Role, d.permitted(ctx, realm))
	case broken == nil:
		d.settle(Audience, err)
	case broken.Cause == fault.Role:
		d.good(Feature, Switch, Audience)
		d.settle(Role, err)
	case broken.Cause == fault.Audience:
		d.good(Feature, Switch)
		d.settle(Audience, err)
	case broken.Cause == fault.SCIM:
		d.off(ctx, err)
		d.audience(token)
	default: // the token is refused, or the realm went away
		d.settle(Token, err)
	}
}

// permitted returns the fault of an account that may not do what the tenant needs.
func (d *diagnosis) permitted(ctx context.Context, realm *keycloak.Realm) error {
	if d.group == "" {
		return realm.MayWrite(ctx, scim.Ref{Type: scim.User})
	}
	return confined.NewGroup(d.group, nil, 0, time.Now).Check(ctx, realm)
}

// off tells a server without the feature from a realm that is switched off. An account without a
// role may not see which it is.
func (d *diagnosis) off(ctx context.Context, cause error) {
	status, body, err := d.account.Ask(ctx, http.MethodGet, "/admin/serverinfo", "")
	on, known := fault.SCIMFeature(body)
	switch {
	case err != nil || status != http.StatusOK || !known:
		d.settle(Feature, errHidden)
		d.settle(Switch, cause)
	case on:
		d.good(Feature)
		d.settle(Switch, d.account.Fault(fault.Switch, ""))
	default:
		d.settle(Feature, d.account.Fault(fault.Feature, ""))
	}
}

// audience looks into the token where the SCIM API does not say what it thinks of it.
func (d *diagnosis) audience(token string) {
	claims, err := fault.ClaimsOf(token)
	if err == nil && !claims.HasAudience() {
		err = d.account.Fault(fault.Audience, "")
	}
	d.settle(Audience, err)
}

// profile reads what the realm requires of users beyond SCIM.
func (d *diagnosis) profile(ctx context.Context) {
	p, err := keycloak.LoadProfile(ctx, d.client, d.account.Realm(), d.account)
	if errors.Is(err, keycloak.ErrUnreadable) {
		d.found[Profile] = Finding{Step: Profile, Note: "the account may not read the user profile"}
		return
	}
	if !d.settle(Profile, err) {
		return
	}
	realm := keycloak.NewRealm(d.client, d.account.Realm(), d.account, p)
	if !d.settle(Profile, realm.ShowsUsers(ctx)) {
		return
	}
	if unset := p.Unset(); len(unset) > 0 {
		d.settle(Profile, d.account.Fault(fault.Profile, "it requires "+strings.Join(unset, ", ")))
		return
	}
	var names []string
	for _, path := range p.Capabilities().Required[scim.User] {
		names = append(names, path.String())
	}
	if len(names) > 0 {
		d.found[Profile] = Finding{Step: Profile, Note: "users must have " + strings.Join(names, ", ")}
	}
}
