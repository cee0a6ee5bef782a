package keycloak

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// crew is a Keycloak with one group. Like Keycloak, it applies a PATCH whole or not at all.
type crew struct {
	mu      sync.Mutex
	members []string
	reads   int
	patches int
	// answer is the status of the answer to the n-th PATCH, from 1, of ids; 0 means that the PATCH
	// is not applied and has no answer.
	answer func(n int, ids []string) int
	// blind is the first read that fails; all later reads fail too.
	blind int
}

func (c *crew) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	status, body := 200, ""
	if r.Method == http.MethodGet {
		if c.reads++; c.blind > 0 && c.reads >= c.blind {
			status = 500
		}
		var list []string
		for _, id := range c.members {
			list = append(list, `{"value":"`+id+`"}`)
		}
		body = `{"id":"g","members":[` + strings.Join(list, ",") + `]}`
	} else {
		c.patches++
		ids, add := idsOf(r)
		if status = c.answer(c.patches, ids); status == 200 {
			c.members = slices.DeleteFunc(c.members, func(id string) bool { return slices.Contains(ids, id) })
			if add {
				c.members = append(c.members, ids...)
			}
		}
		body = `{"id":"g"}`
	}
	if err := r.Context().Err(); err != nil { // applied, but the caller has closed the connection
		return nil, err
	}
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// idsOf returns the ids in one PATCH of members.
func idsOf(r *http.Request) (ids []string, add bool) {
	var patch struct {
		Operations []struct {
			Op, Path string
			Value    []struct{ Value string }
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&patch)
	for _, o := range patch.Operations {
		for _, v := range o.Value {
			ids = append(ids, v.Value)
		}
		if o.Op == "remove" {
			ids = append(ids, strings.Split(o.Path, `"`)[1])
		}
	}
	return ids, len(patch.Operations) == 1 && patch.Operations[0].Op == "add"
}

func many(prefix string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s%03d", prefix, i)
	}
	return ids
}

// Keycloak answers the n-th PATCH of members as in a row. Afterwards the group has the wanted
// members, or the members that it had before; if neither is possible, the error says so.
func TestHalfAMembershipChangeDoesNotStay(t *testing.T) {
	old, wanted := many("old", 60), many("new", 120)
	replaced := directory.MemberChange{Replace: true, Add: wanted} // 3 chunks of adds, 2 of removes
	from := func(first int, status int) func(int) int {
		return func(n int) int {
			if n < first {
				return 200
			}
			return status
		}
	}
	for name, row := range map[string]struct {
		m       directory.MemberChange
		answers func(n int) int
		blind   int
		status  int // of the error; 0 means none
		members []string
		reads   int
	}{
		"nothing fails":                  {replaced, from(99, 0), 0, 0, wanted, 1},
		"an add fails once":              {replaced, func(n int) int { return map[bool]int{true: 500, false: 200}[n == 3] }, 0, 0, wanted, 2},
		"the answer to an add is lost":   {replaced, func(n int) int { return map[bool]int{true: 0, false: 200}[n == 2] }, 0, 0, wanted, 2},
		"a remove fails once":            {replaced, func(n int) int { return map[bool]int{true: 500, false: 200}[n == 5] }, 0, 0, wanted, 2},
		"a conflict, as of a race":       {replaced, func(n int) int { return map[bool]int{true: 409, false: 200}[n == 1] }, 0, 0, wanted, 2},
		"an add is refused":              {replaced, func(n int) int { return map[bool]int{true: 400, false: 200}[n == 3] }, 0, 400, old, 2},
		"a remove is refused":            {replaced, func(n int) int { return map[bool]int{true: 403, false: 200}[n == 4] }, 0, 403, old, 2},
		"an add fails again and again":   {replaced, func(n int) int { return map[bool]int{true: 500, false: 200}[n == 3 || n == 4] }, 0, 502, old, 3},
		"the way back fails":             {replaced, from(3, 500), 0, 503, nil, 3},
		"the members cannot be read":     {replaced, func(n int) int { return map[bool]int{true: 500, false: 200}[n == 3] }, 2, 503, nil, 2},
		"they cannot be read once more":  {replaced, from(3, 500), 3, 503, nil, 3},
		"one chunk is refused":           {directory.MemberChange{Add: wanted[:50]}, from(1, 400), 0, 400, old, 0},
		"one chunk fails once":           {directory.MemberChange{Add: wanted[:50]}, func(n int) int { return map[bool]int{true: 500, false: 200}[n == 1] }, 0, 0, slices.Concat(old, wanted[:50]), 1},
		"one chunk fails":                {directory.MemberChange{Add: wanted[:50]}, from(1, 500), 0, 502, old, 2},
		"removes of many fail for good":  {directory.MemberChange{Remove: old}, func(n int) int { return map[bool]int{true: 500, false: 200}[n == 2 || n == 3] }, 0, 502, old, 3},
		"adds beside those who are left": {directory.MemberChange{Add: wanted}, func(n int) int { return map[bool]int{true: 400, false: 200}[n == 3] }, 0, 400, old, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c := &crew{members: slices.Clone(old), blind: row.blind, answer: func(n int, _ []string) int { return row.answers(n) }}
			r := NewRealm(NewClient("http://keycloak.example", c, time.Minute, 1), "r", Caller("token"), profile.Stock())
			err := r.ChangeMembers(t.Context(), scim.Ref{Type: scim.Group, ID: "g"}, row.m)
			if (err == nil) != (row.status == 0) || err != nil && scim.Status(err) != row.status {
				t.Errorf("%v, want %d", err, row.status)
			}
			if row.members == nil { // neither the wanted nor the old members
				e := scim.AsError(err)
				if e.RetryAfter == 0 || !e.Remains || !strings.Contains(e.Detail, "is incomplete") || !strings.Contains(e.Detail, wanted[0]) {
					t.Errorf("the error hides that half of it stays: %+v", e)
				}
			} else if got := slices.Sorted(slices.Values(c.members)); !slices.Equal(got, slices.Sorted(slices.Values(row.members))) {
				t.Errorf("%d members are left, want %d: %.200v", len(got), len(row.members), got)
			}
			if c.reads != row.reads {
				t.Errorf("the members were read %d times, want %d", c.reads, row.reads)
			}
		})
	}
}

// An account that loses its role in the middle of a change cannot go forward or back: the error
// says who must act, what stays, and does not ask for a retry.
func TestMembershipChangeWithoutTheRole(t *testing.T) {
	old, wanted := many("old", 60), many("new", 120)
	for _, row := range []struct {
		name    string
		m       directory.MemberChange
		from    int
		members int
		stays   bool
	}{
		{"one chunk", directory.MemberChange{Add: wanted[:50]}, 1, len(old), false},
		{"the first of several", directory.MemberChange{Replace: true, Add: wanted}, 1, len(old), false},
		{"the last of several", directory.MemberChange{Replace: true, Add: wanted}, 4, len(old) + len(wanted), true},
	} {
		c := &crew{members: slices.Clone(old), answer: func(n int, _ []string) int {
			if n >= row.from {
				return 403
			}
			return 200
		}}
		client := NewClient("http://keycloak.example", c, time.Minute, 1)
		account := NewAccount(client, "r", "scim", func() (string, error) { return "s", nil }, time.Now)
		account.token, account.expires = "t", time.Now().Add(time.Hour)
		err := NewRealm(client, "r", account, profile.Stock()).ChangeMembers(t.Context(), scim.Ref{Type: scim.Group, ID: "g"}, row.m)
		e := scim.AsError(err)
		if f, ok := fault.In(err); !ok || f.Cause != fault.Role || e.Status != 500 || e.RetryAfter != 0 || !strings.Contains(e.Detail, "must act") {
			t.Errorf("%s: %+v", row.name, e)
		}
		if stays := strings.Contains(e.Detail, "is incomplete"); stays != row.stays || len(c.members) != row.members {
			t.Errorf("%s: %d members are left, said to stay: %t", row.name, len(c.members), stays)
		}
	}
}

// A change is completed if its caller closes the connection.
func TestMembershipChangeOutlivesItsCaller(t *testing.T) {
	wanted := many("new", 200)
	for _, at := range []int{1, 2, 4} {
		ctx, hangUp := context.WithCancel(t.Context())
		defer hangUp()
		c := &crew{answer: func(n int, _ []string) int {
			if n == at {
				hangUp()
			}
			return 200
		}}
		r := NewRealm(NewClient("http://keycloak.example", c, time.Minute, 1), "r", Caller("token"), profile.Stock())
		if err := r.ChangeMembers(ctx, scim.Ref{Type: scim.Group, ID: "g"}, directory.MemberChange{Replace: true, Add: wanted}); err != nil {
			t.Errorf("the caller hangs up at PATCH %d: %v", at, err)
		}
		if len(c.members) != len(wanted) {
			t.Errorf("the caller hangs up at PATCH %d: %d members, want %d", at, len(c.members), len(wanted))
		}
		if at == 4 && c.reads != 1 {
			t.Error("the answer to the last PATCH, which was under way, was not waited for")
		}
	}
}
