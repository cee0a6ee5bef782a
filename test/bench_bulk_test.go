package test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/test/proxytest"
)

// bulkOf returns a bulk request that creates n users.
func bulkOf(prefix string, n int) string {
	ops := make([]string, n)
	for i := range ops {
		ops[i] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"%d","data":%s}`, i, person(prefix, i))
	}
	return `{"schemas":["` + bulk.RequestURN + `"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

// person returns a user with only attributes that Keycloak stores itself, so that all ways do the
// same work.
func person(prefix string, i int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%[1]s%04[2]d","active":true,"externalId":"x-%[1]s%04[2]d",
		"name":{"givenName":"F","familyName":"L"},"emails":[{"value":"%[1]s%04[2]d@example.com","type":"work","primary":true}]}`, prefix, i)
}

// distance is how long a request and its answer each travel between an identity provider and the
// proxy.
const distance = 20 * time.Millisecond

// distant is a connection that delays each request and each answer.
type distant struct{ http.RoundTripper }

func (d distant) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(distance)
	res, err := d.RoundTripper.RoundTrip(r)
	time.Sleep(distance)
	return res, err
}

// away returns the caller, far from the server.
func (c caller) away() caller {
	far := *c.http
	far.Transport = distant{c.http.Transport}
	c.http = &far
	return c
}

// perTurn is how many users a way of BenchmarkBulk creates in a turn, of bulkUsers in the end.
const (
	perTurn   = 200
	bulkUsers = 1000
)

// BenchmarkBulk compares creates in bulk requests with single requests, each of which waits for the
// answer to the one before, next to the server and far from it. A POST and a GET tell a client what
// the proxy's answer to a POST or a bulk request tells: the user as it is stored.
func BenchmarkBulk(b *testing.B) {
	a := newArena(b, proxytest.Build(b))
	turn := 0
	way := func(name string, create func(prefix string) error) *contender {
		return &contender{name: name, prepare: func() { turn++ }, run: func() error { return create(fmt.Sprintf("u%d-", turn)) }}
	}
	t := head("1,000 creates", "alternative s", "bulk s", "alternative/bulk")
	for i, place := range []struct {
		name         string
		ours, native caller
	}{{"next to the server", a.ours, a.native}, {fmt.Sprintf("%v away", distance), a.ours.away(), a.native.away()}} {
		inBulk := way("bulk", place.ours.createInBulk)
		others := []*contender{
			way("native POST", place.native.createEach),
			way("native POST, then GET", place.native.createAndRead),
			way("native POST, 8 at a time", place.native.createBy8),
			way("POST to the proxy", place.ours.createEach),
		}
		all := append(others, inBulk)
		if i == 0 { // both places use the same connections
			warmUp(b, all...)
		}
		for i := range bulkUsers / perTurn {
			for _, c := range inTurn(i, all) {
				c.once(b)
			}
		}
		for _, c := range others {
			t.add(c.name+", "+place.name, c.thousand(), inBulk.thousand(), c.times(inBulk))
		}
	}
	t.print()
}

// thousand is the time for bulkUsers in seconds, from the median of the turns.
func (c *contender) thousand() any {
	if c.failed != nil {
		return c.failed
	}
	return median(c.took).Seconds() * bulkUsers / perTurn
}

func (c caller) createInBulk(prefix string) error {
	answer, err := c.send("POST", "/Bulk", bulkOf(prefix, perTurn))
	if done := strings.Count(string(answer), `"status":"201"`); err == nil && done != perTurn {
		return fmt.Errorf("%d of %d created: %.500s", done, perTurn, answer)
	}
	return err
}

func (c caller) createEach(prefix string) error {
	for i := range perTurn {
		if _, err := c.send("POST", "/Users", person(prefix, i)); err != nil {
			return err
		}
	}
	return nil
}

// createBy8 sends eight requests at a time, which is the most that the Keycloak of `make keycloak`
// can use.
func (c caller) createBy8(prefix string) error {
	var g errgroup.Group
	g.SetLimit(8)
	for i := range perTurn {
		g.Go(c.sends("POST", "/Users", person(prefix, i)))
	}
	return g.Wait()
}

func (c caller) createAndRead(prefix string) error {
	for i := range perTurn {
		answer, err := c.send("POST", "/Users", person(prefix, i))
		if err == nil {
			_, err = c.send("GET", "/Users/"+gjson.GetBytes(answer, "id").String(), "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
