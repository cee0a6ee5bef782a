package notices

import (
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/roster"
	"keycloak-scim-proxy/proxy/tokenlife"
)

// Reloaded says what a reload has changed.
func (o Operator) Reloaded(c roster.Change) {
	if c.Tenants() {
		o.Log.Info("tenants were reloaded", zap.Strings("added", c.Added), zap.Strings("changed", c.Changed), zap.Strings("removed", c.Removed))
	}
	o.wrong(c)
	if c.Mended {
		o.Log.Info("no tenant's file is wrong any more")
	}
}

// Unchanged says that a reload that was asked for has changed nothing, and which files are wrong.
func (o Operator) Unchanged(c roster.Change) {
	o.Log.Info("no tenant has changed")
	o.wrong(c)
}

func (o Operator) wrong(c roster.Change) {
	for _, wrong := range c.Wrong {
		o.Log.Warn("a tenant's file is wrong: its tenant stays as it was", zap.String("file", wrong.File), zap.String("wrong", wrong.String()))
	}
}

// NotFollowed says that the system does not report changes of files.
func (o Operator) NotFollowed(err error) {
	o.Log.Warn("the system does not report changes of tenantsDir: they are noticed within 10 seconds", zap.Error(err))
}

// Expires warns of a token that expires, or has expired if left is not positive.
func (o Operator) Expires(k tokenlife.Key, left time.Duration, used time.Time) {
	message := "a token expires soon: give the identity provider another one (scim-proxy tenant rotate)"
	if left <= 0 {
		message = "a token has expired: its requests are answered 401"
	}
	fields := []zap.Field{
		zap.String("tenant", k.Tenant), zap.String("realm", k.Realm), zap.String("key", k.Name.Key),
		zap.Time("expires", k.Expires), zap.Int("daysLeft", int(left/(24*time.Hour))),
	}
	if !used.IsZero() {
		fields = append(fields, zap.Time("lastUsed", used))
	}
	o.Log.Warn(message, fields...)
}

// Keys are the states of keys, by tenant. used returns when a key was last used.
func Keys(all []tokenlife.Key, used func(tokenlife.Name) (time.Time, bool), now time.Time) map[string][]observe.KeyState {
	states := map[string][]observe.KeyState{}
	for _, k := range all {
		s := observe.KeyState{ID: k.Name.Key}
		s.Used, _ = used(k.Name)
		if !k.Expires.IsZero() {
			left := k.Expires.Sub(now)
			s.Left = &left
		}
		states[k.Tenant] = append(states[k.Tenant], s)
	}
	return states
}

// UsesFail says that the last uses of tokens cannot be kept.
func (o Operator) UsesFail(err error) {
	o.Log.Warn("the last uses of tokens cannot be read or written; it is tried again every minute", zap.Error(err))
}

// Exposed warns of a secret or key that users other than the owner can access.
func (o Operator) Exposed(tenant, path, mode string) {
	o.Log.Warn("users other than the owner can read or write the secret or key of a tenant's service account: restrict it (chmod 600)",
		zap.String("tenant", tenant), zap.String("path", path), zap.String("mode", mode))
}

// Canary says what came of a canary.
func (o Operator) Canary(r canary.Report, asked canary.Request) {
	log := o.Log.With(zap.String("tenant", r.Tenant), zap.String("by", asked.By), zap.Bool("live", r.Live))
	if r.Green {
		log.Info("a canary is green")
		return
	}
	var lost, failed []string
	for _, a := range r.Attributes {
		if !a.Survived {
			lost = append(lost, a.Attribute)
		}
	}
	for _, s := range r.Steps {
		if s.Wrong != "" {
			failed = append(failed, s.Name)
		}
	}
	log.Warn("a canary is red: the tenant is not verified", zap.Strings("lost", lost), zap.Strings("failed", failed))
}

// RevocationsUnread reports that revocations of tokens cannot be read from the store.
func (o Operator) RevocationsUnread(err error) {
	o.Log.Warn("revocations of tokens cannot be read from the store now; those that were read hold, and it is tried again every 2 seconds", zap.Error(err))
}
