package explain_test

import (
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/explain"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/observe/calls"
	"keycloak-scim-proxy/proxy/scim"
)

func TestRequest(t *testing.T) {
	base := journal.Entry{
		Begun: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), Who: journal.Who{Tenant: "acme", Key: "k1"}, Request: "r1", Address: "192.0.2.1", IDP: "okta",
		Verb: "patch", Type: scim.User, Target: "u1", Name: "ada", Rules: []string{"op-names", "unknown"}, State: journal.Done,
		Changes: []journal.Change{{Path: "active", Old: "true", New: "false"}, {Path: "title", Old: `"T"`}, {Path: "nickName", New: `"N"`}, {Path: "meta.lastModified", New: `"now"`}},
		Kept:    []string{"title"}, Calls: 3, Asked: []calls.Call{{Method: "GET", Path: "/x", Status: 200}, {Method: "PATCH", Path: "/x"}},
	}
	says := func(_, rule string) string { return map[string]string{"op-names": "op may have any case."}[rule] }
	with := func(change func(*journal.Entry)) journal.Entry { e := base; e.Rules = nil; change(&e); return e }
	for name, row := range map[string]struct {
		entries []journal.Entry
		want    string
	}{
		"done": {[]journal.Entry{base}, `The tenant acme with the token k1 sent the request r1 at 2026-11-26T09:00:00Z from 192.0.2.1.
The rule op-names of the dialect okta changed the request: op may have any case.
The rule unknown of the dialect okta changed the request.
It changed the user "ada" (u1).
active: false, was true.
title: removed, was "T".
nickName: set to "N".
Keycloak does not have these, so the store keeps them: title.
3 requests were sent to Keycloak: GET /x: 200; PATCH /x: no answer; and 1 more.`},
		"refused": {[]journal.Entry{with(func(e *journal.Entry) {
			e.State, e.Status, e.Reason, e.Changes, e.Calls, e.More, e.Address = journal.Refused, 429, "held.", nil, 0, 7, ""
		})}, `The tenant acme with the token k1 sent the request r1 at 2026-11-26T09:00:00Z.
No rule of a dialect changed it.
It asked to change the user "ada" (u1), and was refused with 429: held. Nothing was done.
7 more requests of the tenant were refused before it, too many for entries of their own.
Keycloak was not asked.`},
		"two operations, one lost": {[]journal.Entry{
			with(func(e *journal.Entry) {
				e.Verb, e.Type, e.Changes, e.Added, e.Removed, e.Kept, e.Calls, e.Asked = "replace", scim.Group, nil, []string{"a"}, strings.Fields("1 2 3 4 5 6 7 8 9 10 11"), nil, 1, nil
			}),
			with(func(e *journal.Entry) {
				e.State, e.Found, e.Changes, e.Kept, e.Calls = journal.Partly, "not changed: title", nil, nil, 0
			}),
		}, `The tenant acme with the token k1 sent the request r1 at 2026-11-26T09:00:00Z from 192.0.2.1.
It had 2 operations that are in the journal.
No rule of a dialect changed it.
1. It changed the group "ada" (u1).
   Members added: a.
   Members removed: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1 more.
   1 request was sent to Keycloak: ; and 1 more.
2. It asked to change the user "ada" (u1), and a part of it was done.
   The outcome was lost; a later look found: not changed: title.
   Keycloak was not asked.`},
		"no values": {[]journal.Entry{with(func(e *journal.Entry) {
			e.Valueless, e.Name, e.Kept, e.Calls, e.Key, e.Subject, e.Tenant = true, "", nil, 0, "", "s1", "realm:r"
			e.Changes = []journal.Change{{Path: "title"}}
		})}, `A drop-in caller of the realm r with the subject s1 sent the request r1 at 2026-11-26T09:00:00Z from 192.0.2.1.
No rule of a dialect changed it.
It changed the user u1.
title: changed (the journal keeps no values).
Keycloak was not asked.`},
		"an action": {[]journal.Entry{with(func(e *journal.Entry) {
			e.Verb, e.Type, e.Target, e.Name, e.Reason, e.Who = string(journal.TokenMade), "", "", "i1-x", "it expires in 90 days", journal.Who{Tenant: "acme", Operator: "eva"}
		})}, "The operator eva made the token i1-x of the tenant acme at 2026-11-26T09:00:00Z: it expires in 90 days."},
		"an action without a name": {[]journal.Entry{with(func(e *journal.Entry) {
			e.Verb, e.Type, e.Target, e.Name, e.Who = string(journal.Live), "", "", "", journal.Who{Tenant: "acme"}
		})}, "An operator lets writes pass for the tenant acme at 2026-11-26T09:00:00Z."},
		"an action that failed": {[]journal.Entry{with(func(e *journal.Entry) {
			e.Verb, e.Type, e.Target, e.Name, e.Who = string(journal.Live), "", "", "", journal.Who{Tenant: "acme", Operator: "eva"}
			e.State, e.Reason = journal.Failed, "the canary is red"
		})}, `The operator eva asked for "live" of the tenant acme at 2026-11-26T09:00:00Z, and it failed: the canary is red.`},
		"an action that was begun": {[]journal.Entry{with(func(e *journal.Entry) {
			e.Verb, e.Type, e.Target, e.Name, e.Who, e.State = string(journal.Staged), "", "", "", journal.Who{Tenant: "acme", Operator: "eva"}, journal.Open
		})}, `The operator eva asked for "staged" of the tenant acme at 2026-11-26T09:00:00Z, and its outcome is not known yet.`},
		"none": {nil, ""},
	} {
		if got := strings.Join(explain.Request(row.entries, says), "\n"); got != row.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, row.want)
		}
	}
}
