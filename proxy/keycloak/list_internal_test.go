package keycloak

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// groupServer is a Keycloak with groups, in the order of its lists.
type groupServer struct {
	ids   []string
	asked []string // startIndex of each request
}

func (s *groupServer) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("startIndex"))
	count, _ := strconv.Atoi(q.Get("count"))
	s.asked = append(s.asked, q.Get("startIndex"))
	from := min(start-1, len(s.ids))
	var rows []string
	for _, id := range s.ids[from:min(from+count, len(s.ids))] {
		rows = append(rows, `{"id":"`+id+`"}`)
	}
	body := fmt.Sprintf(`{"totalResults":%d,"Resources":[%s]}`, len(s.ids), strings.Join(rows, ","))
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// A walk over groups resumes after the last rows of the previous page, also if they have moved.
func TestGroupsAreFoundAgain(t *testing.T) {
	ids := func(names string, from, to int) (all []string) {
		for i := from; i < to; i++ {
			all = append(all, fmt.Sprintf("%s%03d", names, i))
		}
		return all
	}
	for name, row := range map[string]struct {
		ids   []string
		asked string
		next  string // the first row of the answer
	}{
		"where they were":      {ids("g", 0, 600), "250 301", "g300"},
		"the last one is gone": {slices.Concat(ids("g", 0, 299), ids("g", 300, 600)), "250 300", "g300"},
		"far before":           {ids("g", 250, 600), "250 150 50 51", "g300"},
		"far behind":           {slices.Concat(ids("new", 0, 260), ids("g", 0, 600)), "250 150 50 1 350 450 550 561", "g300"},
		"all are gone":         {slices.Concat(ids("g", 0, 290), ids("g", 301, 450)), "250 150 50 1 350", ""},
	} {
		s := &groupServer{ids: row.ids}
		r := NewRealm(NewClient("http://keycloak.example", s, time.Minute, 1), "r", Caller("token"), profile.Stock())
		p, err := r.List(t.Context(), directory.Query{Type: scim.Group, Start: 1, Count: 1, ResumeAfter: "i300,g295,g296,g297,g298,g299"})
		next := ""
		if len(p.Resources) > 0 {
			next = p.Resources[0].ID()
		}
		if asked := strings.Join(s.asked, " "); next != row.next || asked != row.asked {
			t.Errorf("%s: %q (%v), asked for %s; want %q, %s", name, next, err, asked, row.next, row.asked)
		}
		if row.next == "" && scim.AsError(err).Type != "expiredCursor" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A position of another way of reading does not begin the walk anew.
func TestForeignPositionsAreRefused(t *testing.T) {
	for _, after := range []string{`{"i":"u05"}`, `{"t":"x","i":"u05"}`, "x", "i", "i5", "ix,u05"} {
		k := &twoAPIs{admin: 200, federated: -1}
		r := NewRealm(NewClient("http://keycloak.example", k, time.Minute, 4), "r", Caller("token"), profile.Stock())
		p, err := r.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 10, ResumeAfter: after})
		if e := scim.AsError(err); err == nil || e.Type != "invalidCursor" {
			t.Errorf("%q: %v, %d users", after, err, len(p.Resources))
		}
	}
}
