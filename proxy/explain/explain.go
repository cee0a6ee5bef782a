// Package explain says in plain sentences what became of a request, from its entries in the
// journal.
package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
)

// Says returns what a rule of a dialect does; "" if it is not known.
type Says func(idp, rule string) string

// Request explains a request by its entries, in the order of their time.
func Request(all []journal.Entry, says Says) []string {
	if len(all) == 0 {
		return nil
	}
	first := all[0]
	var out []string
	if first.IsAction() {
		for _, e := range all {
			out = append(out, action(e))
		}
		return out
	}
	out = append(out, fmt.Sprintf("%s sent the request %s at %s%s.", sender(first), first.Request, first.Begun.Format(time.RFC3339), from(first)))
	if n := len(all); n > 1 {
		out = append(out, fmt.Sprintf("It had %d operations that are in the journal.", n))
	}
	out = append(out, rules(all, says)...)
	for i, e := range all {
		lead := ""
		if len(all) > 1 {
			lead = fmt.Sprintf("%d. ", i+1)
		}
		for j, s := range Entry(e) {
			if j > 0 && lead != "" {
				lead = "   "
			}
			out = append(out, lead+s)
		}
	}
	return out
}

func sender(e journal.Entry) string {
	who := "The tenant " + e.Tenant
	if realm, dropIn := strings.CutPrefix(e.Tenant, "realm:"); dropIn {
		who = "A drop-in caller of the realm " + realm
	}
	switch {
	case e.Operator != "":
		return "The operator " + e.Operator + ", for " + strings.ToLower(who[:1]) + who[1:] + ","
	case e.Key != "":
		return who + " with the token " + e.Key
	case e.Client != "":
		return who + " with the OAuth client " + e.Client
	case e.Subject != "":
		return who + " with the subject " + e.Subject
	}
	return who
}

func from(e journal.Entry) string {
	if e.Address == "" {
		return ""
	}
	return " from " + e.Address
}

func rules(all []journal.Entry, says Says) (out []string) {
	var seen []string
	for _, e := range all {
		for _, r := range e.Rules {
			if slices.Contains(seen, r) {
				continue
			}
			seen = append(seen, r)
			text := says(e.IDP, r)
			if text != "" {
				text = ": " + text
			}
			out = append(out, fmt.Sprintf("The rule %s of the dialect %s changed the request%s.", r, e.IDP, strings.TrimSuffix(text, ".")))
		}
	}
	if len(seen) == 0 {
		out = append(out, "No rule of a dialect changed it.")
	}
	return out
}

// verbs are what a call asks for, and what it is if it is done.
var verbs = map[string][2]string{
	"create": {"create", "created"}, "replace": {"replace", "changed"}, "patch": {"change", "changed"}, "delete": {"delete", "deleted"},
	"undo": {"restore", "restored"}, "reapply": {"correct", "corrected"}, "post": {"create", "created"}, "put": {"replace", "changed"}, "get": {"read", "read"},
}

// actions are what operators do, with the name that an entry has.
var actions = map[journal.Action]string{
	journal.TokenMade: "made the token %s of", journal.TokenRevoked: "revoked the token %s of",
	journal.Invited: "made the set-up link %s for", journal.InvitationRevoked: "revoked the set-up link %s for", journal.Waived: "waived the check %s of",
	journal.Live: "lets writes pass for", journal.Staged: "holds all writes for", journal.GuardReleased: "released the guard of", journal.GuardClosed: "closed the guard of",
	journal.Verified: "verified",
}

// action explains what an operator did.
func action(e journal.Entry) string {
	did := actions[journal.Action(e.Verb)]
	if strings.Contains(did, "%s") {
		did = fmt.Sprintf(did, e.Name)
	}
	who, why := "An operator", ""
	if e.Operator != "" {
		who = "The operator " + e.Operator
	}
	if e.Reason != "" {
		why = ": " + strings.TrimSuffix(e.Reason, ".")
	}
	at := e.Begun.Format(time.RFC3339)
	became := map[journal.State]string{
		journal.Open: "its outcome is not known yet", journal.Partly: "its outcome is not known", journal.Failed: "it failed", journal.Refused: "it was refused",
	}
	if says, not := became[e.State]; not {
		return fmt.Sprintf("%s asked for %q of the tenant %s at %s, and %s%s.", who, e.Verb, e.Tenant, at, says, why)
	}
	return fmt.Sprintf("%s %s the tenant %s at %s%s.", who, did, e.Tenant, at, why)
}

// Entry explains one call: what was asked, what it changed, what Keycloak was asked, and what came
// of it. An action of an operator is one sentence.
func Entry(e journal.Entry) []string {
	if e.IsAction() {
		return []string{action(e)}
	}
	out := append([]string{outcome(e)}, changes(e)...)
	if e.Undoes != "" {
		out = append(out, "It undoes the request "+e.Undoes+".")
	}
	if e.Sent != "" {
		out = append(out, "The call, after the rules: "+e.Sent)
	}
	if e.Found != "" {
		out = append(out, "The outcome was lost; a later look found: "+e.Found+".")
	}
	if e.More > 0 {
		out = append(out, fmt.Sprintf("%d more requests of the tenant were refused before it, too many for entries of their own.", e.More))
	}
	if len(e.Kept) > 0 && e.Happened() {
		out = append(out, "Keycloak does not have these, so the store keeps them: "+strings.Join(e.Kept, ", ")+".")
	}
	return append(out, keycloak(e))
}

func outcome(e journal.Entry) string {
	verb, known := verbs[e.Verb]
	if !known {
		verb = [2]string{e.Verb, e.Verb}
	}
	what := Resource(e)
	why := ""
	if e.Reason != "" {
		why = ": " + strings.TrimSuffix(e.Reason, ".")
	}
	switch e.State {
	case journal.Done:
		return fmt.Sprintf("It %s %s.", verb[1], what)
	case journal.Refused:
		return fmt.Sprintf("It asked to %s %s, and was refused with %d%s. Nothing was done.", verb[0], what, e.Status, why)
	case journal.Failed:
		return fmt.Sprintf("It asked to %s %s, and failed%s%s. Nothing of it is left.", verb[0], what, with(e.Status), why)
	case journal.Partly:
		return fmt.Sprintf("It asked to %s %s, and a part of it was done%s%s.", verb[0], what, with(e.Status), why)
	case journal.Open:
	}
	return fmt.Sprintf("It asked to %s %s. Its outcome is not known yet.", verb[0], what)
}

func with(status int) string {
	if status < 400 {
		return ""
	}
	return fmt.Sprintf(" with %d", status)
}

// Resource names the resource of an entry.
func Resource(e journal.Entry) string {
	kind := map[scim.ResourceType]string{scim.User: "the user", scim.Group: "the group"}[e.Type]
	switch {
	case kind == "":
		return "something"
	case e.Name != "" && e.Target != "":
		return fmt.Sprintf("%s %q (%s)", kind, e.Name, e.Target)
	case e.Name != "":
		return fmt.Sprintf("%s %q", kind, e.Name)
	case e.Target != "":
		return kind + " " + e.Target
	}
	return map[scim.ResourceType]string{scim.User: "a user", scim.Group: "a group"}[e.Type]
}

// shownMembers is how many members a sentence names.
const shownMembers = 10

func changes(e journal.Entry) (out []string) {
	for _, c := range e.Changes {
		if c.Timed() {
			continue
		}
		switch {
		case e.Valueless:
			out = append(out, c.Path+": changed (the journal keeps no values).")
		case c.Old == "":
			out = append(out, fmt.Sprintf("%s: set to %s.", c.Path, c.New))
		case c.New == "":
			out = append(out, fmt.Sprintf("%s: removed, was %s.", c.Path, c.Old))
		default:
			out = append(out, fmt.Sprintf("%s: %s, was %s.", c.Path, c.New, c.Old))
		}
	}
	for _, m := range []struct {
		what string
		ids  []string
	}{{"added", e.Added}, {"removed", e.Removed}} {
		if n := len(m.ids); n > 0 {
			text := strings.Join(m.ids[:min(n, shownMembers)], ", ")
			if n > shownMembers {
				text += fmt.Sprintf(" and %d more", n-shownMembers)
			}
			out = append(out, fmt.Sprintf("Members %s: %s.", m.what, text))
		}
	}
	return out
}

// keycloak says what Keycloak was asked.
func keycloak(e journal.Entry) string {
	if e.Calls == 0 {
		return "Keycloak was not asked."
	}
	var asked []string
	for _, c := range e.Asked {
		status := fmt.Sprint(c.Status)
		if c.Status == 0 {
			status = "no answer"
		}
		asked = append(asked, fmt.Sprintf("%s %s: %s", c.Method, c.Path, status))
	}
	more := ""
	if n := e.Calls - len(e.Asked); n > 0 {
		more = fmt.Sprintf("; and %d more", n)
	}
	requests := "1 request was"
	if e.Calls != 1 {
		requests = fmt.Sprintf("%d requests were", e.Calls)
	}
	return fmt.Sprintf("%s sent to Keycloak: %s%s.", requests, strings.Join(asked, "; "), more)
}
