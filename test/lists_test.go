package test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/proxytest"
)

// bigRealm is a realm with 2,000 users. The proxy stores attributes of 300 of them. all has the
// users as a walk by cursors shows them.
type bigRealm struct {
	*world
	client
	all []scim.Resource
}

const inDirectory = 2000

func newBigRealm(t *testing.T) *bigRealm {
	t.Helper()
	w := newWorld(t)
	d := &bigRealm{world: w, client: client{w.base(), w.tenantToken}}
	ids := w.users(t, "user", inDirectory)
	var g errgroup.Group
	g.SetLimit(4)
	for i, id := range ids[:300] {
		g.Go(func() error {
			ops := []scim.Op{
				opOn(scim.ReplaceAll, "title", document.Quote([]string{"Boss", "boss", "Clerk", "Ärztin"}[i%4])),
				opOn(scim.ReplaceAll, "externalId", document.Quote(fmt.Sprintf("E%d", i%50))),
				opOn(scim.ReplaceAll, "name.familyName", document.Quote([]string{"Adams", "baker", "Carter"}[i%3])),
			}
			if i%2 == 0 {
				ops = append(ops, opOn(scim.ReplaceAll, scim.EnterpriseURN+":department", document.Quote([]string{"Sales", "R&D"}[i%4/2])), opOn(scim.ReplaceAll, "active", "false"))
			}
			if i%3 == 0 {
				ops = append(ops, opOn(scim.ReplaceAll, "phoneNumbers", fmt.Sprintf(`[{"value":"%d","type":"work"},{"value":"9","type":"home","primary":true}]`, i%5)),
					opOn(scim.ReplaceAll, "urn:example:1:User:n", fmt.Sprint(i%9)))
			}
			_, err := d.send(t.Context(), "PATCH", "/Users/"+id, patchBody(ops))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	d.all = d.walk(t, 500)
	if len(d.all) != inDirectory {
		t.Fatalf("the walk shows %d users", len(d.all))
	}
	return d
}

// walk reads all users by cursors.
func (d *bigRealm) walk(t *testing.T, size int) []scim.Resource {
	t.Helper()
	var all []scim.Resource
	next := ""
	for {
		a, err := d.send(t.Context(), "GET", fmt.Sprintf("/Users?count=%d&cursor=%s", size, next), "")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a.Page.Resources...)
		if next = a.Page.Next; next == "" {
			return all
		}
	}
}

func (d *bigRealm) list(t *testing.T, v url.Values) (*directory.Page, error) {
	a, err := d.send(t.Context(), "GET", "/Users?"+v.Encode(), "")
	return a.Page, err
}

// filterOf returns a random valid filter. Together they have every operator on every kind of
// attribute. Most have a term that Keycloak evaluates, because the others make the proxy read all
// users.
func filterOf(rng *rand.Rand) string {
	pick := func(texts ...string) string { return texts[rng.IntN(len(texts))] }
	text := func() string { return pick("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le") }
	residual := func() string {
		return pick(
			"title "+text()+` "`+pick("boss", "CLERK", "ärz", "s")+`"`,
			"externalId "+text()+` "`+pick("E3", "e3", "E4")+`"`,
			"name.familyName "+text()+` "`+pick("ADAMS", "ba", "L")+`"`,
			scim.EnterpriseURN+":department "+text()+` "`+pick("sales", "R&D")+`"`,
			`phoneNumbers[type eq "work" and value `+text()+` "`+pick("1", "3")+`"]`,
			"urn:example:1:User:n "+pick("eq", "ne", "gt", "le")+" "+pick("3", "5.0"),
			pick("title", "phoneNumbers", "urn:example:1:User:n", "urn:never:1:x")+" pr",
			"emails.value "+text()+` "`+pick("USER0007@example.com", "user01", ".com")+`"`,
			"title "+pick("eq", "ne")+" null",
		)
	}
	native := func() string {
		return pick("userName "+pick("sw", "co", "ew")+` "`+pick("user00", "7", "USER1")+`"`, "userName "+pick("gt", "le")+` "user0`+pick("1", "2")+`00"`,
			"active "+pick("eq", "ne")+" "+pick("true", "false"), `meta.created gt "2020-01-01T00:00:00Z"`, `userName eq "user0042"`, `not (userName sw "user1")`)
	}
	narrow := `userName sw "user0` + pick("0", "1", "2") + `"` // 100 users
	switch rng.IntN(10) {
	case 0, 1:
		return residual()
	case 2, 3:
		return native() + pick(" and ", " or ") + native()
	case 4:
		return `externalId eq "E` + pick("1", "2", "3") + `" and ` + residual()
	case 5:
		return narrow + " and not (" + residual() + " or " + residual() + ")"
	}
	return narrow + " and (" + residual() + pick(" or ", " and ") + pick(residual(), native()) + ")"
}

func TestListsOnTwoThousandUsers(t *testing.T) {
	d := newBigRealm(t)
	t.Run("filters", d.filters)
	t.Run("sorting", d.sorting)
	t.Run("pages", d.pages)
	t.Run("limits", d.limits)
	t.Run("walks while others write", d.walksWhileOthersWrite)
}

// filters compares the results of 500 random filters with a match of each user.
func (d *bigRealm) filters(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var g errgroup.Group
	g.SetLimit(4)
	for range 500 {
		text := filterOf(rng)
		g.Go(func() error {
			f, err := scim.ParseFilter(text)
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			var want []string
			for _, r := range d.all {
				if scim.CoreSchemas().Match(f, scim.User, r) {
					want = append(want, r.ID())
				}
			}
			p, err := d.list(t, url.Values{"filter": {text}, "count": {"20"}, "attributes": {"userName"}})
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			for _, r := range p.Resources {
				if !slices.Contains(want, r.ID()) {
					return fmt.Errorf("%s: %s must not be there", text, r.Raw("userName"))
				}
			}
			if p.Total != len(want) || len(p.Resources) != min(20, len(want)) {
				return fmt.Errorf("%s: total %d with %d rows, want %d", text, p.Total, len(p.Resources), len(want))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func (d *bigRealm) sorting(t *testing.T) {
	for _, by := range []string{"title", "name.familyName", "emails", "userName", scim.EnterpriseURN + ":department", "externalId"} {
		path := scim.MustPath(by)
		def, _ := scim.CoreSchemas().Lookup(scim.User, path)
		key := func(r scim.Resource) string {
			raw := r.Get(path)
			if by == "emails" {
				raw = document.Must(document.Elements(raw)[0]).Raw("value")
			}
			text := document.Text(raw)
			if !def.CaseExact {
				text = strings.ToLower(text)
			}
			if text == "" {
				return "\uffff" // users without a value are last in ascending order, first in descending
			}
			return text
		}
		var want []string
		for _, r := range d.all {
			want = append(want, key(r))
		}
		slices.Sort(want)
		for _, order := range []string{"ascending", "descending"} {
			p, err := d.list(t, url.Values{"sortBy": {by}, "sortOrder": {order}, "count": {"50"}, "startIndex": {"90"}})
			if err != nil || p.Total != len(want) || len(p.Resources) != 50 {
				t.Fatalf("%s %s: %v", by, order, err)
			}
			for i, r := range p.Resources {
				if got := key(r); got != want[89+i] {
					t.Errorf("%s %s: row %d is %q, want %q", by, order, 90+i, got, want[89+i])
					break
				}
			}
			slices.Reverse(want)
		}
	}
}

func (d *bigRealm) pages(t *testing.T) {
	p, err := d.list(t, url.Values{"count": {"1000"}, "startIndex": {"501"}, "attributes": {"userName"}})
	if err != nil || p.Total != inDirectory || len(p.Resources) != 1000 {
		t.Fatalf("%v %d of %d", err, len(p.Resources), p.Total)
	}
	for i, r := range p.Resources {
		if want := fmt.Sprintf("user%04d", 500+i); document.Text(r.Raw("userName")) != want {
			t.Fatalf("row %d is %s, want %s", 501+i, r.Raw("userName"), want)
		}
	}
}

func (d *bigRealm) limits(t *testing.T) {
	cfg := d.cfg
	cfg.Limits.Scan = 500
	cfg.Tenants = slices.Clone(cfg.Tenants)
	cfg.Tenants[0].ServiceAccount, _ = accountIn(t, d.realm, "other") // Keycloak has marked the first account as using another store
	cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	c := client{proxytest.Serve(t, cfg) + "/scim/v2", d.tenantToken}
	if _, err := c.send(t.Context(), "GET", "/Users?filter=not+(title+pr)", ""); scim.AsError(err).Type != "tooMany" {
		t.Errorf("a scan beyond the limit: %v", err)
	}
	if a, err := c.send(t.Context(), "GET", "/Users?filter=not+(title+pr)+and+userName+sw+%22user00%22", ""); err != nil || a.Page.Total != 100 {
		t.Errorf("a narrowed one: %v", err)
	}
	if a, err := c.send(t.Context(), "GET", "/Users?filter=title+pr", ""); err != nil || a.Page.Total != 0 {
		t.Errorf("what the store knows needs no scan: %v", err)
	}
}

// walksWhileOthersWrite checks that a walk shows each user exactly once if the user exists all
// the time, while other users are created and deleted.
func (d *bigRealm) walksWhileOthersWrite(t *testing.T) {
	stop := make(chan struct{})
	var writers sync.WaitGroup
	gone := map[string]bool{}
	for i := 0; i < inDirectory; i += 40 {
		gone[d.all[i].ID()] = true
	}
	writers.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if victim := i * 40; victim < inDirectory {
				d.realm.Admin("DELETE", "/users/"+d.all[victim].ID(), "")
			}
			d.realm.Admin("POST", "/users", fmt.Sprintf(`{"username":"user%04dx","enabled":true}`, i*7%inDirectory))
		}
	})
	seen := map[string]int{}
	for _, r := range d.walk(t, 150) {
		seen[r.ID()]++
	}
	close(stop)
	writers.Wait()
	for _, r := range d.all {
		if n := seen[r.ID()]; n > 1 || n == 0 && !gone[r.ID()] {
			t.Errorf("%s was shown %d times", r.Raw("userName"), n)
		}
	}
}
