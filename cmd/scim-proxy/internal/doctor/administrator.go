package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/adminroles"
	"keycloak-scim-proxy/onboarding/links"
	"keycloak-scim-proxy/onboarding/releases"
	"keycloak-scim-proxy/onboarding/verify"
)

// old is the age of a secret that is worth a warning.
const old = 365 * 24 * time.Hour

// administrator examines what only an administrator can see: release, realms and clients. It asks
// one question after the other, because they share a session.
func (d *doctor) administrator(ctx context.Context) (all []report.Finding) {
	server := &findings{report.Section{Subject: "keycloak"}}
	reason := "it needs an administrator: give --admin-user or --admin-password-file"
	var session *onboarding.Admin
	switch {
	case !d.reached.answers:
		reason = "no Keycloak answers at keycloak.url"
	case d.Login != nil:
		var err error
		if session, err = d.Login(ctx); err != nil {
			session, reason = nil, "the administrator cannot log in"
			server.Add("administrator", report.Problem, err.Error(), "correct --admin-user, --admin-realm and the password")
		}
	}
	if session == nil {
		server.Skip("release", "%s", reason)
		all = server.All
		for _, name := range d.realms() {
			realm := &findings{report.Section{Subject: "realm " + name}}
			realm.Skip("settings", "%s", reason)
			all = append(all, realm.All...)
		}
		return all
	}
	d.release(ctx, server, session)
	all = server.All
	for _, name := range d.realms() {
		all = append(all, d.realm(ctx, session, name)...)
	}
	for _, t := range d.Config.Tenants {
		all = append(all, d.clientOf(ctx, session, t)...)
	}
	return all
}

// release compares the release with what is publicly known.
func (d *doctor) release(ctx context.Context, f *findings, a *onboarding.Admin) {
	const check = "release"
	release, err := a.Release(ctx)
	switch {
	case err != nil:
		f.Skip(check, "%v", err)
		return
	case release == "":
		f.Skip(check, "this administrator may not see the release; one of the realm master may")
		return
	}
	var uses []releases.Use
	for _, t := range d.Config.Tenants {
		use := releases.WholeRealm
		if t.Group != "" {
			use = releases.OneGroup
		}
		uses = append(uses, use)
	}
	known, comparable := releases.Of(release, uses...)
	if !comparable {
		f.Skip(check, "%q is not a release of which something is known; use %s or later", release, releases.Recommended)
		return
	}
	for _, k := range known {
		status := report.Warning
		if k.Severe {
			status = report.Problem
		}
		f.Add(check, status, strings.TrimSpace(fmt.Sprintf("Keycloak %s: %s (%s)", release, k.Text, strings.TrimPrefix(k.ID+", "+k.Source, ", "))),
			"update Keycloak to "+releases.Recommended+" or later")
	}
	if len(known) == 0 {
		f.OK(check, "Keycloak %s", release)
	}
}

// realm examines the settings of a realm, and who administers it.
func (d *doctor) realm(ctx context.Context, a *onboarding.Admin, name string) []report.Finding {
	f := &findings{report.Section{Subject: "realm " + name}}
	r, exists, err := onboarding.Realm{}, false, a.Renew(ctx)
	if err == nil {
		r, exists, err = a.Realm(ctx, name)
	}
	switch {
	case err != nil:
		f.Skip("settings", "%v", err)
		return f.All
	case !exists:
		f.Add("settings", report.Problem, "the realm does not exist", "correct realm in the tenant's file, or create the realm in Keycloak")
		return f.All
	case !r.SCIM:
		f.Add("settings", report.Problem, "the SCIM API of the realm is off", "switch it on (Realm settings, General); if that has no effect, start Keycloak with --features=scim-api")
	}
	for _, limit := range r.Limits() {
		f.Add("edit-username", report.Warning, limit, `if the identity provider renames users: switch "Edit username" on (Realm settings, Login)`)
	}
	if r.EditUsername {
		f.OK("edit-username", "an identity provider may rename users")
	}
	d.administrators(ctx, f, a, name)
	return f.All
}

// administrators reports groups and users of the realm with an administrator's role. A group lets
// the users of a group tenant become administrators.
func (d *doctor) administrators(ctx context.Context, f *findings, a *onboarding.Admin, realm string) {
	const check = "administrators"
	of := func(t config.Tenant) bool { return t.Realm == realm }
	roles, err := adminroles.Read(ctx, a, realm)
	if err != nil {
		f.Skip(check, "%v", err)
		return
	}
	before := len(f.All)
	grouped := slices.ContainsFunc(d.Config.Tenants, func(t config.Tenant) bool { return of(t) && t.Group != "" })
	for _, r := range roles {
		if len(r.Groups) > 0 && grouped {
			f.Add(check, report.Problem, fmt.Sprintf("members of the groups %s have the administrator's role %s", strings.Join(r.Groups, ", "), r.Name), "take the role from the groups: a tenant's account must not be able to add its users to them")
		}
	}
	if slices.ContainsFunc(d.Config.Tenants, func(t config.Tenant) bool { return of(t) && t.Group == "" }) {
		for _, risk := range adminroles.RisksOf(realm, roles) {
			f.Add(check, report.Warning, risk, "let administrators be users of another realm, and no group have an administrator's role")
		}
	}
	if len(f.All) == before {
		f.OK(check, "no group of the realm makes administrators of a tenant's users")
	}
}

// shownClient is what is examined of a tenant's client.
type shownClient struct {
	FullScope  bool              `json:"fullScopeAllowed"`
	Attributes map[string]string `json:"attributes"`
}

// clientOf examines the client of a tenant.
func (d *doctor) clientOf(ctx context.Context, a *onboarding.Admin, t config.Tenant) []report.Finding {
	const check = "client"
	f := &findings{report.Section{Subject: "tenant " + t.Tenant}}
	var found []shownClient
	err := a.Renew(ctx)
	if err == nil {
		_, err = a.Do(ctx, t.Realm, onboarding.Request{
			Method: http.MethodGet, Path: []string{"clients"}, Query: url.Values{"clientId": {t.ServiceAccount.ClientID}}, Result: &found,
		})
	}
	switch {
	case err != nil:
		f.Skip(check, "%v", err)
		return f.All
	case len(found) == 0:
		return nil // the account's own check says that the client does not exist
	}
	if c := found[0]; c.FullScope {
		f.Add(check, report.Warning, "the client has the full scope, so that its tokens have every role of its account", "switch Full scope allowed off (Client scopes, Dedicated, Scope) and map the roles of docs/accounts.md")
	} else {
		f.OK(check, "its tokens have the roles of its scope only")
	}
	if !tenantSigns(t) {
		d.secretAge(f, found[0].Attributes["client.secret.creation.time"])
	}
	if t.SSOLink != nil {
		d.links(ctx, f, a, t)
	}
	return f.All
}

// links reports accounts of the tenant's identity provider that two users are linked to.
func (d *doctor) links(ctx context.Context, f *findings, a *onboarding.Admin, t config.Tenant) {
	const check = "links"
	step, err := links.Step(ctx, a, t.Realm, t.SSOLink.IDP)
	for _, found := range step.Findings {
		if found.Level == verify.Red {
			f.Add(check, report.Problem, found.What, found.ToDo)
		} else {
			f.Skip(check, "%s", found.What)
		}
	}
	switch {
	case err != nil:
		f.Skip(check, "%v", err)
	case len(step.Findings) == 0:
		f.OK(check, "%s", step.Says)
	}
}

// secretAge reports the age of a client's secret: Keycloak has the seconds since 1970 at which it
// was made, unless a person chose it.
func (d *doctor) secretAge(f *findings, created string) {
	const check = "secret-age"
	seconds, err := strconv.ParseInt(created, 10, 64)
	if err != nil {
		f.Skip(check, "Keycloak does not tell when the secret of the client was made")
		return
	}
	age := d.Now().Sub(time.Unix(seconds, 0))
	if age > old {
		f.Add(check, report.Warning, fmt.Sprintf("the secret of the client is %s old", days(age)), "make a new one (Clients, Credentials, Regenerate) and put it into the file or variable that serviceAccount names")
		return
	}
	f.OK(check, "the secret of the client is %s old", days(age))
}
