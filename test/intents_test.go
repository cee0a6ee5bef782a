package test

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// intent is a state that an identity provider wants to reach.
type intent interface {
	// try sends the request once.
	try(ctx context.Context, c client) error
	// retry does what an identity provider does after an error: it sends the request again, and
	// reacts to the answer.
	retry(ctx context.Context, c client) error
	// reached fails the test unless every view shows the wanted state.
	reached(t *testing.T, c client)
}

// newIntent returns the n-th intent of a test.
type newIntent func(t *testing.T, c client, n int) intent

const carURN = "urn:example:1:Car"

// creation wants a user with attributes that Keycloak stores and attributes that the proxy stores.
type creation struct {
	w     *world
	asked scim.Resource
}

func (w *world) creations(_ *testing.T, _ client, n int) intent {
	mail := fmt.Sprintf("sample%d@example.com", n)
	asked := directorytest.Sample(n).With("title", `"Countess"`).With("externalId", fmt.Sprintf(`"e-%d"`, n)).
		With("emails", `[{"value":"`+mail+`","type":"work","primary":true},{"value":"home.`+mail+`","type":"home"}]`).
		With(scim.EnterpriseURN, `{"department":"Engines","manager":{"value":"m-1"}}`).With(carURN, `{"plate":["A","B"],"seats":4}`)
	return creation{w, asked}
}

func (i creation) try(ctx context.Context, c client) error {
	_, err := c.send(ctx, "POST", "/Users", i.asked.String())
	return err
}

func (i creation) retry(ctx context.Context, c client) error {
	err := i.try(ctx, c)
	if scim.Status(err) != 409 {
		return err
	}
	found, err := c.send(ctx, "GET", "/Users"+equal("userName", i.asked), "")
	if err != nil || len(found.Page.Resources) != 1 {
		return fmt.Errorf("409, and the filter finds %+v: %w", found.Page, err)
	}
	_, err = c.send(ctx, "PUT", "/Users/"+found.Page.Resources[0].ID(), i.asked.String())
	return err
}

// equal returns a query for the value that r has in one attribute.
func equal(name string, r scim.Resource) string {
	return "?" + url.Values{"filter": {name + " eq " + r.Raw(name)}}.Encode()
}

func (i creation) reached(t *testing.T, c client) {
	t.Helper()
	var id string
	for _, by := range []string{"userName", "externalId"} {
		found, err := c.send(t.Context(), "GET", "/Users"+equal(by, i.asked), "")
		if err != nil || found.Page.Total != 1 {
			t.Fatalf("found by %s: %v %+v", by, err, found.Page)
		}
		id = found.Page.Resources[0].ID()
	}
	got, err := c.send(t.Context(), "GET", "/Users/"+id, "")
	if err != nil {
		t.Fatal(err)
	}
	for l := range i.asked.Leaves() {
		if have := got.Resource.Get(l.Path); l.Path.Name != "schemas" && !document.Same(have, l.Raw) {
			t.Errorf("%s is %s, want %s", l.Path, have, l.Raw)
		}
	}
	name := document.Text(i.asked.Raw("userName"))
	a := i.w.realm.Admin("GET", "/users?exact=true&username="+name, "")
	if u := gjson.ParseBytes(a.Body); u.Get("#").Int() != 1 || u.Get("0.id").String() != id || !u.Get("0.enabled").Bool() {
		t.Errorf("the Admin API shows %s", a.Body)
	}
}

// joining wants to add 70 members to a group of 60 and to remove 50 of those: three chunks.
type joining struct {
	w      *world
	group  string
	body   string
	wanted []string
}

const atFirst, added, removed = 60, 70, 50

// joinings returns membership changes, each of a new group of the same users.
func (w *world) joinings(t *testing.T) newIntent {
	ids := w.users(t, "joiner", atFirst+added)
	ops := []scim.Op{opOn(scim.Add, "members", valueList(ids[atFirst:]))}
	for _, id := range ids[:removed] {
		ops = append(ops, opOn(scim.Remove, `members[value eq "`+id+`"]`, ""))
	}
	body, wanted := patchBody(ops), sorted(ids[removed:])
	return func(t *testing.T, c client, n int) intent {
		t.Helper()
		made, err := c.send(t.Context(), "POST", "/Groups", document.Must(fmt.Sprintf(`{"schemas":[%q],"displayName":"club%d","externalId":"club-%[2]d"}`, scim.GroupURN, n)).
			With(carURN, `{"seats":4}`).With("members", valueList(ids[:atFirst])).String())
		if err != nil {
			t.Fatal(err)
		}
		return joining{w, made.Resource.ID(), body, wanted}
	}
}

func (i joining) try(ctx context.Context, c client) error {
	_, err := c.send(ctx, "PATCH", "/Groups/"+i.group, i.body)
	return err
}

func (i joining) retry(ctx context.Context, c client) error { return i.try(ctx, c) }

func (i joining) reached(t *testing.T, c client) {
	t.Helper()
	got, err := c.send(t.Context(), "GET", "/Groups/"+i.group, "")
	if err != nil {
		t.Fatal(err)
	}
	hasMembers(t, i.w, c, i.group, i.wanted)
	if x, seats := got.Resource.Raw("externalId"), gjson.Get(got.Resource.Raw(carURN), "seats").Int(); x == "" || seats != 4 {
		t.Errorf("attributes that the proxy stores are lost: %s, %d", x, seats)
	}
}
