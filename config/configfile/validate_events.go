package configfile

import (
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/value"
)

var (
	receiverName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	tenantOrDrop = regexp.MustCompile(`^(realm:)?[^\s:/]{1,255}$`)
)

// eventPaths are the values that name a file.
func eventPaths(e *config.Events) (all []*string) {
	for i := range e.KeyFiles {
		all = append(all, &e.KeyFiles[i])
	}
	for i := range e.Receivers {
		if w := e.Receivers[i].Webhook; w != nil {
			all = append(all, &w.SecretFile, &w.CAFile)
		}
	}
	return all
}

func (d document) validateEvents(c *config.Config) {
	e := c.Events
	if e == nil {
		return
	}
	polls, seen := false, map[string]bool{}
	for i, r := range e.Receivers {
		at := element("events.receivers", i)
		d.check(
			rule{at + ".name", unless(receiverName.MatchString(r.Name), "must be lower-case letters, digits and -, up to 63, and begin and end with a letter or digit")},
			rule{at + ".name", unless(!seen[r.Name], "is used twice")},
			rule{at, unless((r.Webhook != nil) != (r.Poll != nil), "set exactly one of webhook and poll")},
			rule{at + ".tenants", unless((len(r.Tenants) > 0) != r.AllTenants, "name tenants, or set allTenants: true, and not both")},
		)
		seen[r.Name] = true
		for j, t := range r.Tenants {
			d.check(rule{element(at+".tenants", j), unless(tenantOrDrop.MatchString(t), "must be the name of a tenant, or realm:NAME")})
		}
		if r.Webhook != nil {
			d.validateWebhook(at+".webhook.", *r.Webhook)
		}
		if r.Poll != nil {
			polls = true
			d.validatePoll(at+".poll.", *r.Poll)
		}
	}
	for i, f := range e.KeyFiles {
		d.check(rule{element("events.keyFiles", i), value.RequiredFile(f)})
	}
	d.check(
		rule{"events.receivers", unless(len(e.Receivers) > 0, "is required")},
		rule{"events.keyFiles", unless(!polls || len(e.KeyFiles) > 0, "is required, because a receiver polls")},
		rule{"events.issuer", unless(!polls || e.Issuer != "" || c.PublicURL != "", "is required, because a receiver polls and there is no publicURL")},
		rule{"events", unless(c.Journal.Days > 0, "needs the journal: journal.days must be more than 0")},
	)
}

// minSecret is the shortest secret of a webhook: that of a key of 128 bits in hex.
const minSecret = 32

func (d document) validateWebhook(at string, w config.Webhook) {
	d.check(
		rule{at + "url", webhookURL(w.URL)},
		rule{at + "secretFile", value.RequiredFile(w.SecretFile)},
		rule{at + "caFile", optional(w.CAFile, value.Readable)},
		rule{at + "timeout", positive(w.Timeout)},
		rule{at + "tries", positive(w.Tries)},
	)
	if secret, err := w.Secret(); err == nil {
		d.check(rule{at + "secretFile", unless(len(secret) >= minSecret, "the secret must have at least 32 characters: openssl rand -hex 32")})
	}
}

// webhookURL checks the URL of a webhook. It never repeats the value, because a URL may contain a
// secret.
func webhookURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return "is required"
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || !value.IsHost(u.Hostname()):
		return "must be a URL with https and a host, such as https://siem.example.com/scim"
	case u.User != nil:
		return "must not hold a user or password"
	case strings.Contains(s, "#"):
		return "must not have a fragment"
	case u.Scheme == "https":
		return ""
	}
	return unless(loopback(u.Hostname()), "must be https, unless the host is localhost or a loopback address")
}

func (d document) validatePoll(at string, p config.Poll) {
	d.check(
		rule{at + "audience", required(p.Audience)},
		rule{at + "tokenSHA256", unless(len(p.TokenSHA256) > 0, "is required")},
	)
	for i, sum := range p.TokenSHA256 {
		b, err := hex.DecodeString(sum)
		d.check(rule{element(at+"tokenSHA256", i), unless(err == nil && len(b) == 32, "must be the SHA-256 of the token, 64 hex digits")})
	}
}
