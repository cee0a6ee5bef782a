package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"keycloak-scim-proxy/console/form"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
)

const (
	// tenantsShown, entriesShown and historyShown are how many rows a page has.
	tenantsShown = 50
	entriesShown = 20
	historyShown = 50
)

// list is a page of the list of tenants.
type list struct {
	Rows  []summary
	All   int
	After string // of this page
	Next  string // URL
}

// summary is a row of the list.
type summary struct {
	Summary
	Chart page.Chart
	URL   string
}

func tenantURL(name, below string) string { return base + "/tenants/" + url.PathEscape(name) + below }

func (c *Console) list(ctx context.Context, after string) (list, error) {
	rows, all, err := c.Backend.Tenants(ctx, after, tenantsShown)
	l := list{All: all, After: after}
	for i, s := range rows[:min(len(rows), tenantsShown)] {
		row := summary{Summary: s, Chart: hours("recent-"+strconv.Itoa(i), s.Recent)}
		if len(s.Name) <= form.MaxText {
			row.URL = tenantURL(s.Name, "")
		}
		l.Rows = append(l.Rows, row)
	}
	if len(l.Rows) == tenantsShown && len(l.Rows) < all && l.Rows[tenantsShown-1].URL != "" {
		l.Next = base + "/tenants?after=" + url.QueryEscape(l.Rows[tenantsShown-1].Name)
	}
	return l, err
}

func (c *Console) tenants(v *visit) {
	after := form.Chosen(v.r, "after")
	p, _ := page.Read(v.r.Context(), func(ctx context.Context) (list, error) { return c.list(ctx, after) })
	c.render(v.w, v, http.StatusOK, page.View{Page: "tenants", Title: "Tenants", Live: base + "/live/tenants?after=" + url.QueryEscape(after), Data: p})
}

// tenantPage is what the page of a tenant shows.
type tenantPage struct {
	Name     string
	URL      string
	Detail   page.Part[Detail]
	Activity page.Part[entries]
	Hours    page.Part[page.Chart]
	Tokens   page.Part[[]Token]
	Guard    page.Part[budget.State]
	Setup    page.Part[Setup]
}

// entries are some of a journal.
type entries struct {
	Rows  []Activity
	URL   string // of the tenant
	Older string // URL
}

func (c *Console) one(v *visit) {
	name, ctx := v.tenant(), v.r.Context()
	p := tenantPage{Name: name, URL: tenantURL(name, "")}
	var unknown error
	var all sync.WaitGroup
	all.Go(func() {
		p.Detail, unknown = page.Read(ctx, func(ctx context.Context) (Detail, error) { return c.Backend.Tenant(ctx, name) })
	})
	all.Go(func() { p.Activity, _ = c.entries(ctx, name, "") })
	all.Go(func() { p.Hours, _ = c.hours(ctx, name) })
	all.Go(func() {
		p.Tokens, _ = page.Read(ctx, func(ctx context.Context) ([]Token, error) { return c.Backend.Tokens(ctx, name) })
	})
	all.Go(func() {
		p.Guard, _ = page.Read(ctx, func(ctx context.Context) (budget.State, error) { return c.Backend.Guard(ctx, name) })
	})
	all.Go(func() {
		p.Setup, _ = page.Read(ctx, func(ctx context.Context) (Setup, error) { return c.Backend.Setup(ctx, name) })
	})
	all.Wait()
	if errors.Is(unknown, ErrUnknown) {
		c.unknown(v)
		return
	}
	shown := page.View{Page: "tenant", Title: name, Trail: above(""), Data: p}
	if p.Detail.Value.Journal {
		shown.Live = base + "/live/tenants/" + url.PathEscape(name)
	}
	c.render(v.w, v, http.StatusOK, shown)
}

func (c *Console) unknown(v *visit) {
	c.message(v.w, v, http.StatusNotFound, "It does not exist", "There is no such tenant, user or group.")
}

// above are the pages above one of a tenant.
func above(tenant string) []page.Link {
	trail := []page.Link{{Text: "Tenants", URL: base + "/tenants"}}
	if tenant != "" {
		trail = append(trail, page.Link{Text: tenant, URL: tenantURL(tenant, "")})
	}
	return trail
}

func (c *Console) entries(ctx context.Context, tenant, before string) (page.Part[entries], error) {
	return page.Read(ctx, func(ctx context.Context) (entries, error) {
		rows, err := c.Backend.Activity(ctx, tenant, before, entriesShown)
		e := entries{Rows: rows[:min(len(rows), entriesShown)], URL: tenantURL(tenant, "")}
		if len(e.Rows) == entriesShown {
			e.Older = tenantURL(tenant, "/activity?before="+url.QueryEscape(e.Rows[entriesShown-1].ID))
		}
		return e, err
	})
}

func (c *Console) hours(ctx context.Context, tenant string) (page.Part[page.Chart], error) {
	return page.Read(ctx, func(ctx context.Context) (page.Chart, error) {
		all, err := c.Backend.Hours(ctx, tenant)
		return hours("hours", all), err
	})
}

// hours is the chart of requests.
func hours(id string, all []Hour) page.Chart {
	c := page.Chart{ID: id, Title: "Writes per hour", Unit: "Writes", Kinds: []page.Kind{{Name: "done", Class: "ok"}, {Name: "refused", Class: "warn"}, {Name: "failed", Class: "bad"}}}
	for _, h := range all[max(0, len(all)-48):] {
		c.Bars = append(c.Bars, page.Bar{Label: h.Begin.UTC().Format("01-02 15:04"), Values: []int{h.Done, h.Refused, h.Failed}})
	}
	return c
}

func (c *Console) activity(v *visit) {
	name := v.tenant()
	p, err := c.entries(v.r.Context(), name, form.Chosen(v.r, "before"))
	if errors.Is(err, ErrUnknown) {
		c.unknown(v)
		return
	}
	c.render(v.w, v, http.StatusOK, page.View{Page: "activity", Title: "Earlier activity of " + name, Trail: above(name), Data: p})
}

// found is a resource with the tenant's URL.
type found struct {
	Resource
	URL     string
	History entries
}

func (c *Console) resource(v *visit) {
	name := v.tenant()
	of := scim.User
	if form.Chosen(v.r, "type") == string(scim.Group) {
		of = scim.Group
	}
	who := form.Chosen(v.r, "id")
	p, err := page.Read(v.r.Context(), func(ctx context.Context) (found, error) {
		r, err := c.Backend.Resource(ctx, name, of, who, historyShown)
		return found{r, tenantURL(name, ""), entries{Rows: r.History[:min(len(r.History), historyShown)], URL: tenantURL(name, "")}}, err
	})
	switch {
	case errors.Is(err, ErrUnknown) || who == "":
		c.unknown(v)
	case err != nil:
		c.render(v.w, v, http.StatusOK, page.View{Page: "resource", Title: string(of) + " " + who, Trail: above(name), Data: p})
	default:
		c.render(v.w, v, http.StatusOK, page.View{Page: "resource", Title: string(of) + " " + cmp.Or(p.Value.Name, p.Value.ID), Trail: above(name), Data: p})
	}
}

func (c *Console) system(v *visit) {
	p, _ := page.Read(v.r.Context(), c.Backend.System)
	c.render(v.w, v, http.StatusOK, page.View{Page: "system", Title: "System", Data: p})
}
