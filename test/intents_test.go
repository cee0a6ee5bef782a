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

// intent is what an identity provider wants to be true.
type intent interface {
	// try sends the request once.
	try(ctx context.Context, c client) error
	// retry does what an identity provider does after an error: the same once more, and what follows from its answer.
	retry(ctx context.Context, c client) error
	// reached fails the test unless the wanted state is there, in every view of it.
	reached(t *testing.T, c client)
}

// plot makes the intents of a test, a fresh one for each n.
type plot func(t *testing.T, c client, n int) intent

const carURN = "urn:example:1:Car"

// creation wants a user with values that Keycloak holds and values that are kept.
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

// equal is a query by the value of one attribute of r.
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

// joining wants 70 more members in a group of 60 and 50 of those out: three chunks.
type joining struct {
	w      *world
	group  string
	body   string
	wanted []string
}

const atFirst, added, removed = 60, 70, 50

// joinings are changes of fresh groups of the same users.
func (w *world) joinings(t *testing.T) plot {
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
		t.Errorf("what is kept is lost: %s, %d", x, seats)
	}
}
