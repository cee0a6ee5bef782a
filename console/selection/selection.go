// Package selection has the form that says what is undone.
package selection

import (
	"keycloak-scim-proxy/console/form"
	"keycloak-scim-proxy/proxy/undo"
)

// Fields are the fields that say what to undo, as they are asked for or passed on.
func Fields(kind string) []form.Field {
	when := form.Moment
	if kind == form.Hidden {
		when = form.Hidden
	}
	return []form.Field{
		{Name: "request", Label: "Request", Hint: "The id of one request. Empty: all writes of a time.", Kind: kind},
		{Name: "user", Label: "User", Hint: "Only changes of this user: its id or userName.", Kind: kind},
		{Name: "group", Label: "Group", Hint: "Only changes of this group: its id or displayName.", Kind: kind},
		{Name: "since", Label: "Since (UTC)", Hint: "Writes from this time on.", Kind: when},
		{Name: "until", Label: "Until (UTC)", Hint: "Writes before this time.", Kind: when},
	}
}

// Check says what is wrong with values that are right one by one.
func Check(v form.Values) map[string]string {
	if v["request"] == "" && v["since"] == "" {
		return map[string]string{"request": "Give a request, or a time since when."}
	}
	return nil
}

// Job is the undo of a form that Check accepts. execute is the plan that is carried out; "" only
// plans.
func Job(tenant, operator string, v form.Values, execute string) undo.Job {
	s := undo.Selection{Request: v["request"], User: v["user"], Group: v["group"], Since: v.Time("since"), Until: v.Time("until")}
	return undo.Job{Tenants: []string{tenant}, Operator: operator, Selection: s, Execute: execute}
}
