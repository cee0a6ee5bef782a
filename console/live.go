package console

import (
	"context"
	"time"

	"keycloak-scim-proxy/console/form"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/pause"
)

// refreshEvery is how often the open list of tenants, and the chart of a tenant, are read again.
const refreshEvery = 15 * time.Second

func (c *Console) liveTenants(v *visit) {
	after := form.Chosen(v.r, "after")
	c.live.Serve(v.w, v.r, v.session.Key, "tenants "+after, func(ctx context.Context, show func(page.Parts, string)) error {
		for {
			p, _ := page.Read(ctx, func(ctx context.Context) (list, error) { return c.list(ctx, after) })
			html, err := c.site.Fragment("tenants", p)
			if err != nil {
				return err
			}
			show(page.Parts{"part-tenants": html}, "")
			if err := pause.For(ctx, refreshEvery); err != nil {
				return err
			}
		}
	})
}

func (c *Console) liveTenant(v *visit) {
	name := v.tenant()
	if !c.exists(v) { // so that followers are of tenants only
		return
	}
	c.live.Serve(v.w, v.r, v.session.Key, "tenant "+name, func(ctx context.Context, show func(page.Parts, string)) error {
		return c.follow(ctx, name, show)
	})
}

// follow shows a tenant's activity and its chart until the context ends.
func (c *Console) follow(ctx context.Context, name string, show func(page.Parts, string)) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var charted time.Time
	seen, first := "", true
	refresh := func() error {
		now, _ := c.entries(ctx, name, "")
		html, err := c.site.Fragment("entries", now)
		if err != nil {
			return err
		}
		parts := page.Parts{"part-activity": html}
		if c.Now().Sub(charted) >= refreshEvery {
			chart, _ := c.hours(ctx, name)
			if parts["part-hours"], err = c.site.Fragment("hours", chart); err != nil {
				return err
			}
			charted = c.Now()
		}
		note, newest := "", ""
		if len(now.Value.Rows) > 0 {
			newest = now.Value.Rows[0].ID
		}
		if !first && newest > seen {
			note = "New activity at " + c.Now().UTC().Format("15:04:05 MST") + "."
		}
		seen, first = max(seen, newest), false
		show(parts, note)
		return nil
	}
	if err := refresh(); err != nil {
		return err
	}
	return c.Backend.Follow(ctx, name, func() {
		if refresh() != nil {
			end()
		}
	})
}
