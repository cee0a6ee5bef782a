package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/checkcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/health"
)

// expiring is how long before its end a token is worth a warning, as in the log (package
// tokenlife).
const expiring = 30 * 24 * time.Hour

// tenant examines the tokens and the account of a tenant.
func (d *doctor) tenant(ctx context.Context, t config.Tenant) []report.Finding {
	f := &findings{report.Section{Subject: "tenant " + t.Tenant}}
	d.tokens(ctx, f, t)
	f.modes("files", t.ServiceAccount.SecretFile, t.ServiceAccount.KeyFile)
	if !d.reached.answers {
		f.Skip("account", "no Keycloak answers at keycloak.url")
		return f.All
	}
	for _, step := range checkcmd.Diagnose(ctx, d.client, t) {
		f.step(step)
	}
	return f.All
}

// step reports a finding of package health.
func (f *findings) step(found health.Finding) {
	check := string(found.Step)
	switch {
	case found.Fault != nil:
		text := found.Fault.Wrong()
		if found.Fault.Said != "" {
			text += " (" + found.Fault.Said + ")"
		}
		f.Add(check, report.Problem, text, found.Fault.Remedy())
	case found.Open != nil:
		f.Skip(check, "%v", found.Open)
	default:
		f.OK(check, "%s", found.Note)
	}
}

// tokens says whether an identity provider can get in.
func (d *doctor) tokens(ctx context.Context, f *findings, t config.Tenant) {
	const check = "tokens"
	now := d.Now()
	live := 0
	var last time.Time // the end of the token that lives longest; zero: it has none
	var ended []string
	for _, k := range t.Tokens {
		end := k.End()
		if !end.IsZero() && !now.Before(end) {
			ended = append(ended, k.ID)
			continue
		}
		if live == 0 || end.IsZero() || !last.IsZero() && end.After(last) {
			last = end
		}
		live++
	}
	remedy := "scim-proxy tenant token " + t.Tenant + " makes a new one; give it to the identity provider"
	stored, unread := 0, error(nil)
	if live == 0 && t.OAuth == nil && d.Stored != nil {
		stored, unread = d.Stored(ctx, t.Tenant)
	}
	switch {
	case stored > 0:
		f.OK(check, "%d live in the store", stored)
	case unread != nil:
		f.Skip(check, "the file has no live token, and whether the store has one is not known: %v", unread)
	case live == 0 && t.OAuth != nil:
		f.OK(check, "access tokens of %s", strings.Join(t.OAuth.Clients, ", "))
	case len(t.Tokens) == 0:
		f.Add(check, report.Problem, "the tenant has no token, so every request is refused", remedy)
	case live == 0:
		f.Add(check, report.Problem, "every token has expired or is revoked: "+strings.Join(ended, ", "), remedy)
	case !last.IsZero() && last.Sub(now) < expiring:
		f.Add(check, report.Warning, fmt.Sprintf("the last token ends on %s, in %s", last.UTC().Format(time.DateOnly), days(last.Sub(now))), "scim-proxy tenant rotate "+t.Tenant+" makes a new one; give it to the identity provider before that day")
	default:
		note := ""
		if len(ended) > 0 {
			note = "; expired or revoked: " + strings.Join(ended, ", ")
		}
		f.OK(check, "%d of %d live%s", live, len(t.Tokens), note)
	}
}
