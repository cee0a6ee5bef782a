package journal

import (
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/observe/calls"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/secrets"
)

// State is how far a call came.
type State string

// The states of an entry.
const (
	// Open means that the outcome is not known yet.
	Open State = "open"
	// Done means that the change was made, as the entry shows it.
	Done State = "done"
	// Failed means that the call was begun, and that nothing of it is left.
	Failed State = "failed"
	// Partly means that the call failed and that a part of it is left: Found says which.
	Partly State = "partly"
	// Refused means that the call was refused before anything was done.
	Refused State = "refused"
)

// Who sent a call.
type Who struct {
	Tenant  string `json:"tenant"`
	Key     string `json:"key,omitempty"`     // id of the token
	Client  string `json:"client,omitempty"`  // OAuth client
	Subject string `json:"subject,omitempty"` // drop-in caller
	// Operator is who undid or repaired something.
	Operator string `json:"operator,omitempty"`
}

// Entry is what one call did. Its JSON form is what the store keeps and what commands print.
type Entry struct {
	// ID sorts by time.
	ID    string    `json:"id"`
	Begun time.Time `json:"begun"`
	Ended time.Time `json:"ended,omitzero"`
	Who
	Request string `json:"request"` // id of the HTTP request
	Address string `json:"address,omitempty"`
	IDP     string `json:"idp,omitempty"`
	// Verb is that of the call: create, replace, patch, delete, undo, reapply; or the method of a
	// request that was refused before it was read; or an Action.
	Verb   string            `json:"verb"`
	Type   scim.ResourceType `json:"type,omitempty"`
	Target string            `json:"target,omitempty"` // id of the resource
	Name   string            `json:"name,omitempty"`   // its userName or displayName at that time
	// Names are hashes of all names that the resource has in the entry.
	Names []string `json:"names,omitempty"`
	Rules []string `json:"rules,omitempty"`
	// Changes are those of an update.
	Changes []Change `json:"changes,omitempty"`
	// Before is the resource that a call deletes, After the one that a call creates, as JSON texts.
	// They are not parts of the JSON, so that an undo restores them byte for byte.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Whole is create or delete if After or Before was left out, so that an undo of a create is still
	// known as a delete.
	Whole string `json:"whole,omitempty"`
	// Kept are the attributes of the change that Keycloak does not have: the store keeps them.
	Kept []string `json:"kept,omitempty"`
	// Added and Removed are users who became members of a group, or are not members any more.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// MembersToCome: the call changes members too, which it has not begun.
	MembersToCome bool `json:"membersToCome,omitempty"`
	// Valueless means that values were left out, so that the call cannot be undone.
	Valueless bool  `json:"valueless,omitempty"`
	State     State `json:"state"`
	Status    int   `json:"status,omitempty"` // of a call that failed
	// Reason is why a call failed: the scimType, with the detail if values are kept.
	Reason string `json:"reason,omitempty"`
	// Found is what a look at the resource showed, after an outcome was lost.
	Found string `json:"found,omitempty"`
	// Calls is how many requests were sent to Keycloak; Asked has the first of them.
	Calls int          `json:"calls,omitempty"`
	Asked []calls.Call `json:"asked,omitempty"`
	// Undoes is the id of a request that this call undoes.
	Undoes string `json:"undoes,omitempty"`
	// More is how many calls like this one were refused besides it and have no entry.
	More int `json:"more,omitempty"`
	// Sent is the body of the request, while payloads are recorded.
	Sent string `json:"sent,omitempty"`
	// Outbox are the receivers that have not got the entry yet, Dead those that could not get it.
	Outbox []string `json:"outbox,omitempty"`
	Dead   []string `json:"dead,omitempty"`
	// Causes say why, by receiver.
	Causes map[string]string `json:"causes,omitempty"`
	// Notice is what receivers learn; nil if there are none.
	Notice *Notice `json:"notice,omitempty"`

	rev uint64
}

// Change is what became of one attribute. Old and New are JSON texts; "" is no value. With values
// left out, both are "", and Valueless of the entry is true.
type Change struct {
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Ref is the resource of the entry.
func (e Entry) Ref() scim.Ref { return scim.Ref{Type: e.Type, ID: e.Target} }

// Happened reports whether the entry has a change that was made, as a whole or in part.
func (e Entry) Happened() bool { return e.State == Done || e.State == Partly }

// Deletes reports whether the call deletes its resource, also as an undo.
func (e Entry) Deletes() bool {
	return e.Before != "" || e.Whole == KindDelete || e.Verb == "delete" && e.After == ""
}

// Creates reports whether the call creates its resource, or brings it back.
func (e Entry) Creates() bool {
	return !e.Deletes() && (e.After != "" || e.Whole == KindCreate || e.Verb == "create")
}

// Modified is the path of the time that an undo restores too.
var Modified = scim.AttrPath{Name: "meta", Sub: "lastModified"}

// ChangesOf returns the differences of two resources, with the time of the last change, and without
// passwords.
func ChangesOf(before, after scim.Resource) []Change {
	var out []Change
	old, now := before.Object(), after.Object()
	add := func(at scim.AttrPath) {
		out = append(out, Change{at.String(), secrets.Without(old.Get(at)), secrets.Without(now.Get(at))})
	}
	for _, op := range scim.Diff(before, after) {
		if !secrets.Named(op.Path.String()) {
			add(op.Path.AttrPath)
		}
	}
	out = append(out, Respelled(before, after)...)
	if !document.Same(old.Get(Modified), now.Get(Modified)) {
		add(Modified)
	}
	return out
}

// Respelled returns the values that are the same in another form of JSON. An undo restores them
// byte for byte.
func Respelled(before, after scim.Resource) (out []Change) {
	for name, raw := range after.All() {
		if was := before.Raw(name); was == raw || was == "" || !document.Same(was, raw) && !document.IsObject(raw) {
			continue // most members, without looking at their leaves
		}
		member := document.NewObject()
		member.Put(name, raw)
		for l := range member.Resource().Leaves() {
			if was := before.Get(l.Path); was != l.Raw && document.Same(was, l.Raw) && !scim.ServerManaged(l.Path) && !secrets.Named(l.Path.String()) {
				out = append(out, Change{l.Path.String(), secrets.Without(was), secrets.Without(l.Raw)})
			}
		}
	}
	return out
}

// Timed reports whether the change is that of meta.lastModified, which a change of members has too.
func (c Change) Timed() bool { return strings.EqualFold(c.Path, Modified.String()) }

// NameOf returns the userName or displayName of a resource.
func NameOf(t scim.ResourceType, r scim.Resource) string {
	return document.Text(r.Get(scim.Identifying(t)))
}

// withoutValues removes all values of attributes.
func (e *Entry) withoutValues() {
	e.Changes = slices.Clone(e.Changes) // those of the call keep them until its end, for the notice
	some := false
	for i, c := range e.Changes {
		if !c.Timed() {
			e.Changes[i].Old, e.Changes[i].New, some = "", "", true
		}
	}
	if some || e.Before != "" || e.After != "" {
		e.Valueless = true
	}
	switch {
	case e.Before != "":
		e.Whole = KindDelete
	case e.After != "":
		e.Whole = KindCreate
	}
	e.Before, e.After = "", ""
	e.Name = ""
}
