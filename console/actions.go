package console

import (
	"context"
	"fmt"
	"time"

	"keycloak-scim-proxy/console/form"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/selection"
	"keycloak-scim-proxy/proxy/drift"
)

// days is the field for how long a token is valid.
func days() form.Field {
	return form.Field{Name: "days", Label: "Valid for how many days", Hint: "Empty: it does not expire.", Kind: form.Number, Usual: "365", Most: 3650}
}

// actions are all actions.
func actions() []action {
	return append(tokenActions(), append(stateActions(), append(repairActions(), setupActions()...)...)...)
}

// expiry returns when a token expires that is valid for the days of the form; zero for no end.
func (in input) expiry() time.Time {
	if valid := in.values.Days("days"); valid > 0 {
		return in.now.Add(valid)
	}
	return time.Time{}
}

func tokenActions() []action {
	return []action{
		{
			verb: "token-make", title: "Make a token", button: "Make the token", fields: []form.Field{days()},
			ask: "A new token is made beside those that the tenant has. Its text is shown once.",
			do: func(ctx context.Context, in input) (result, error) {
				text, t, err := in.backend.MakeToken(ctx, in.tenant, in.by, in.expiry())
				return madeToken(text, t), err
			},
		},
		{
			verb: "token-rotate", title: "Rotate the token", button: "Rotate",
			fields: []form.Field{days(), {Name: "overlap", Label: "Hours until the others end", Hint: "In this time the provider gets the new token.", Kind: form.Number, Usual: "24", Most: 24 * 90, Required: true}},
			ask:    "A new token is made, and the other tokens that were made here end after the given time. Tokens in the tenant's file stay.",
			do: func(ctx context.Context, in input) (result, error) {
				text, t, err := in.backend.RotateToken(ctx, in.tenant, in.by, in.expiry(), in.values.Hours("overlap"))
				return madeToken(text, t), err
			},
		},
		{
			verb: "token-revoke", title: "Revoke a token", button: "Revoke the token", danger: true, about: "id", fields: []form.Field{{Name: "id", Kind: form.Hidden, Required: true}},
			ask: "The token is refused from now on. A provider that uses it stops, and may not begin again by itself.",
			do: func(ctx context.Context, in input) (result, error) {
				return result{Text: "The token " + in.values["id"] + " is revoked."}, in.backend.RevokeToken(ctx, in.tenant, in.values["id"], in.by)
			},
		},
	}
}

func madeToken(text string, t Token) result {
	end := "It does not expire."
	if !t.Expires.IsZero() {
		end = "It expires at " + t.Expires.UTC().Format(time.RFC3339) + "."
	}
	return result{Text: "The token " + t.ID + " is made. " + end, Secret: text, SecretSays: "The token. It is shown this once: copy it now."}
}

func stateActions() []action {
	return []action{
		{
			verb: "verify", title: "Verify the tenant", button: "Run the canary",
			ask: "A user of the proxy's own is created, changed and deleted in Keycloak, to prove that all required attributes survive. A staged tenant stays staged.",
			do: func(ctx context.Context, in input) (result, error) {
				r, err := in.backend.Verify(ctx, in.tenant, in.by)
				out := result{Canary: &r, Text: "The canary is red: something did not survive."}
				if r.Green {
					out.Text = "The canary is green: everything survived."
				}
				if err != nil {
					out.Canary = nil
				}
				return out, err
			},
		},
		{
			verb: "stage", title: "Stage the tenant", button: "Stage", danger: true,
			ask: "The tenant answers reads, and every write with 429, until it is live again.",
			do: func(ctx context.Context, in input) (result, error) {
				return result{Text: "The tenant is staged."}, in.backend.Stage(ctx, in.tenant, in.by)
			},
		},
		{
			verb: "live", title: "Make the tenant live", button: "Verify it and make it live",
			ask: "The tenant carries out writes if every line of its checklist is green or waived, and its canary is green. The canary is a user of the proxy's own that is created, changed and deleted in Keycloak.",
			do: func(ctx context.Context, in input) (result, error) {
				return result{Text: "The tenant is live."}, in.backend.Live(ctx, in.tenant, in.by)
			},
		},
		{
			verb: "guard-release", title: "Release the guard", button: "Release", danger: true, about: "hours",
			fields: []form.Field{{Name: "hours", Label: "For how many hours", Hint: "Then the guard counts again.", Kind: form.Number, Usual: "1", Most: 24 * 7, Required: true}},
			ask:    "All changes that end access go through for this time. Changes that are held go through when the provider sends them again.",
			do: func(ctx context.Context, in input) (result, error) {
				span := in.values.Hours("hours")
				return result{Text: "The guard is released for " + page.Span(span) + "."}, in.backend.ReleaseGuard(ctx, in.tenant, in.by, span)
			},
		},
		{
			verb: "guard-close", title: "End the release of the guard", button: "End the release",
			ask: "The guard counts again from now on.",
			do: func(ctx context.Context, in input) (result, error) {
				return result{Text: "The release has ended."}, in.backend.CloseGuard(ctx, in.tenant, in.by)
			},
		},
	}
}

func repairActions() []action {
	return []action{
		{
			verb: "drift-look", title: "Look for drift", button: "Look", looks: true,
			ask: "All users and groups of the tenant are read and compared with what the provider sent last. Nothing is changed.",
			do: func(ctx context.Context, in input) (result, error) {
				o, err := in.backend.Drift(ctx, drift.Job{Tenant: in.tenant, Operator: in.by.Name})
				out := result{Drift: &o, Text: fmt.Sprintf("%d users and %d groups were read: %d differences.", o.Users, o.Groups, o.Differences())}
				if o.Differences() > 0 {
					out.next, out.with = "drift-reapply", form.Values{"plan": o.Plan}
				}
				return out, err
			},
		},
		{
			verb: "drift-reapply", title: "Reapply", button: "Reapply what the provider sent", danger: true, fields: []form.Field{{Name: "plan", Kind: form.Hidden, Required: true}},
			ask: "Everything in the list becomes what the provider sent last. If there are other differences by now, nothing is changed.",
			do: func(ctx context.Context, in input) (result, error) {
				o, err := in.backend.Drift(ctx, drift.Job{Tenant: in.tenant, Operator: in.by.Name, Reapply: in.values["plan"]})
				return result{Drift: &o, Text: fmt.Sprintf("%d resources were written.", len(o.Reapplied))}, err
			},
		},
		{
			verb: "undo-plan", title: "Undo", button: "Show what would change", looks: true, fields: selection.Fields(form.Text), check: selection.Check,
			ask: "First you see what would change. Nothing is changed yet.",
			do: func(ctx context.Context, in input) (result, error) {
				o, err := in.backend.Undo(ctx, selection.Job(in.tenant, in.by.Name, in.values, ""))
				out := result{Undo: &o, Text: fmt.Sprintf("%d entries of the journal, %d changes.", o.Entries, o.Changes())}
				if o.Changes() > 0 {
					out.next, out.with = "undo", form.Values{"plan": o.Plan}
					for _, f := range selection.Fields(form.Hidden) {
						out.with[f.Name] = in.values[f.Name]
					}
				}
				return out, err
			},
		},
		{
			verb: "undo", title: "Undo", button: "Undo", danger: true, about: "request", check: selection.Check, fields: append(selection.Fields(form.Hidden), form.Field{Name: "plan", Kind: form.Hidden, Required: true}),
			ask: "Everything in the list is changed. If something else would change by now, nothing is.",
			do: func(ctx context.Context, in input) (result, error) {
				o, err := in.backend.Undo(ctx, selection.Job(in.tenant, in.by.Name, in.values, in.values["plan"]))
				out := result{Text: "The undo is done."}
				if o.Tenant != "" {
					out.Undo = &o
				}
				if o.Request != "" {
					out.Text += " It is the request " + o.Request + ", which can be undone too."
				}
				return out, err
			},
		},
	}
}

func setupActions() []action {
	return []action{
		{
			verb: "invite", title: "Make a set-up link", button: "Make the link",
			fields: []form.Field{{Name: "days", Label: "Valid for how many days", Hint: "Then the link and its session end.", Kind: form.Number, Usual: "7", Most: 30, Required: true}},
			ask:    "The customer's administrator connects the provider by this link. It works once, and replaces an earlier one.",
			do: func(ctx context.Context, in input) (result, error) {
				s, err := in.backend.Invite(ctx, in.tenant, in.by, in.values.Days("days"))
				return result{Text: "The link is made.", Secret: s.Link, SecretSays: "The link. It is shown this once: send it to the customer's administrator only."}, err
			},
		},
		{
			verb: "invite-revoke", title: "Revoke the set-up link", button: "Revoke the link", danger: true,
			ask: "The link and the session of the administrator who used it end now.",
			do: func(ctx context.Context, in input) (result, error) {
				return result{Text: "The link is revoked."}, in.backend.RevokeInvite(ctx, in.tenant, in.by)
			},
		},
		{
			verb: "waive", title: "Waive a line of the checklist", button: "Waive", about: "line",
			fields: []form.Field{{Name: "line", Kind: form.Hidden, Required: true}, {Name: "reason", Label: "Reason", Hint: "Why it need not be proven. The customer sees it.", Kind: form.Text, Required: true, Most: 300}},
			ask:    "The line counts as done.",
			do: func(ctx context.Context, in input) (result, error) {
				return result{Text: "The line is waived."}, in.backend.Waive(ctx, in.tenant, in.values["line"], in.values["reason"], in.by)
			},
		},
	}
}
