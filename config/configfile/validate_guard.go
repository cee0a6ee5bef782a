package configfile

import (
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/value"
)

// The window of a guard.
const shortestWindow, longestWindow = time.Minute, 7 * 24 * time.Hour

func (d document) validateGuard(g *config.Guard) {
	if g == nil {
		return
	}
	share := func(percent int) string { return unless(percent >= 0 && percent <= 100, "must be from 0 to 100") }
	d.check(
		rule{"guard.window", unless(g.Window.Std() >= shortestWindow && g.Window.Std() <= longestWindow, "must be from 1m to 168h")},
		rule{"guard.users.count", unless(g.Users.Count >= 0, "must not be negative")},
		rule{"guard.users.percent", share(g.Users.Percent)},
		rule{"guard.members.count", unless(g.Members.Count >= 0, "must not be negative")},
		rule{"guard.members.percent", share(g.Members.Percent)},
		rule{"guard.urgentFile", optional(g.UrgentFile, value.Readable)},
	)
	for i, name := range g.Urgent {
		d.check(rule{element("guard.urgent", i), unless(name != "" && !value.Control.MatchString(name), "must be a userName")})
	}
	if w := g.Webhook; w != nil {
		d.check(rule{"guard.webhook.url", value.WebhookURL(w.URL)}, rule{"guard.webhook.secretFile", value.RequiredFile(w.SecretFile)})
	}
}

// guardPaths returns the values of a guard that name a file.
func guardPaths(g *config.Guard) []*string {
	if g == nil {
		return nil
	}
	all := []*string{&g.UrgentFile}
	if g.Webhook != nil {
		all = append(all, &g.Webhook.SecretFile)
	}
	return all
}
