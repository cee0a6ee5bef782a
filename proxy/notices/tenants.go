package notices

import (
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/roster"
	"keycloak-scim-proxy/proxy/tokenlife"
)

// Reloaded says what a reload has changed.
func (o Operator) Reloaded(c roster.Change) {
	if c.Tenants() {
		o.Log.Info("tenants were reloaded", zap.Strings("added", c.Added), zap.Strings("changed", c.Changed), zap.Strings("removed", c.Removed))
	}
	for _, wrong := range c.Wrong {
		o.Log.Warn("a tenant's file is wrong: its tenant stays as it was", zap.String("file", wrong.File), zap.String("wrong", wrong.String()))
	}
	if c.Mended {
		o.Log.Info("no tenant's file is wrong any more")
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

// UsesFail says that the last uses of tokens cannot be kept.
func (o Operator) UsesFail(err error) {
	o.Log.Warn("the last uses of tokens cannot be read or written; it is tried again every minute", zap.Error(err))
}

// Exposed warns of a secret or key that users other than the owner can access.
func (o Operator) Exposed(tenant, path, mode string) {
	o.Log.Warn("users other than the owner can read or write the secret or key of a tenant's service account: restrict it (chmod 600)",
		zap.String("tenant", tenant), zap.String("path", path), zap.String("mode", mode))
}

// RevocationsUnread reports that revocations of tokens cannot be read from the store.
func (o Operator) RevocationsUnread(err error) {
	o.Log.Warn("revocations of tokens cannot be read from the store now; those that were read hold, and it is tried again every 2 seconds", zap.Error(err))
}
