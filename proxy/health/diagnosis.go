package health

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/privilege"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
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
	Rights   Step = "rights" // the account may do no more than the tenant needs
	Users    Step = "users"  // users of a group tenant are not in groups of other tenants
	Profile  Step = "profile"
	// Attributes: required attributes live where they were verified. Only a running proxy knows.
	Attributes Step = "attributes"
)

var steps = []Step{Token, Audience, Feature, Switch, Role, Rights, Users, Profile}

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
	needs   Needs
	found   map[Step]Finding
}

// Needs are what an account must be able to do.
type Needs struct {
	// Group is the group of the tenant. nil: the account manages all users of its realm.
	Group *tenantgroup.Group
	// Rights finds out whether the account may do more.
	Rights *privilege.Guard
	// Attributes reports the fault of required attributes by the realm's user profile. Nil: they
	// are not looked at, and the report has no such step.
	Attributes func(context.Context, *profile.Profile) error
}

// Diagnose asks Keycloak whether an account may do what it needs, and no more. It changes nothing.
func Diagnose(ctx context.Context, c *keycloak.Client, a *keycloak.Account, n Needs) Report {
	d := &diagnosis{c, a, n, map[Step]Finding{}}
	if token, err := a.Token(ctx); d.settle(Token, err) {
		d.api(ctx, token)
		d.settle(Rights, n.Rights.Check(ctx))
		d.profile(ctx)
	}
	steps := steps
	if n.Attributes != nil {
		steps = append(slices.Clip(steps), Attributes)
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
		if d.settle(Role, d.permitted(ctx, realm)) {
			d.users(ctx, realm)
		}
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
	if d.needs.Group == nil {
		return realm.MayWrite(ctx, scim.Ref{Type: scim.User})
	}
	err := d.needs.Group.Check(ctx, realm)
	if f, broken := fault.In(err); broken && f.Cause == fault.Excess {
		return nil // it can do its work: the step Rights reports it
	}
	return err
}

// mostNamed is how many users a finding names.
const mostNamed = 20

// users notes the users of a group tenant that other tenants have too.
func (d *diagnosis) users(ctx context.Context, realm *keycloak.Realm) {
	d.good(Users)
	if d.needs.Group == nil || !d.settle(Users, d.needs.Group.Look(ctx, realm)) {
		return
	}
	var all []string
	for id, name := range d.needs.Group.Shared() {
		all = append(all, name+" ("+id+")")
	}
	if slices.Sort(all); len(all) > 0 {
		d.found[Users] = Finding{Step: Users, Note: fmt.Sprintf("%d are also in groups that other accounts manage, so no tenant reaches them; take them out of one: %s",
			len(all), strings.Join(all[:min(len(all), mostNamed)], ", "))}
	}
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
		d.attributes(ctx, profile.Stock())
		d.found[Profile] = Finding{Step: Profile, Note: "the account may not read the user profile"}
		return
	}
	if !d.settle(Profile, err) {
		return
	}
	d.attributes(ctx, p)
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

func (d *diagnosis) attributes(ctx context.Context, p *profile.Profile) {
	if d.needs.Attributes != nil {
		d.settle(Attributes, d.needs.Attributes(ctx, p))
	}
}
