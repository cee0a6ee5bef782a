package notice

import (
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/roster"
	"keycloak-scim-proxy/proxy/tokenlife"
)

// Log writes notices. Its methods are safe for concurrent use.
type Log struct{ to *zap.Logger }

// New makes a Log that writes to a logger.
func New(to *zap.Logger) Log { return Log{to} }

// Tenant says what has become of a tenant, in one line.
func (l Log) Tenant(is health.Status) {
	log := l.to.With(zap.String("tenant", is.Name), zap.String("realm", is.Realm))
	switch {
	case len(is.Faults) > 0:
		var wrong, remedy, said []string
		for _, f := range is.Faults {
			wrong, remedy, said = append(wrong, f.Wrong()), append(remedy, f.Remedy()), append(said, f.Said)
		}
		log.Warn("tenant does not work until a person acts", zap.Strings("fault", is.Causes()),
			zap.Strings("wrong", wrong), zap.Strings("remedy", remedy), zap.Strings("said", said))
	case is.Open != nil:
		log.Warn("tenant cannot be checked now; it is checked again every minute", zap.Error(is.Open))
	default:
		log.Info("tenant works")
	}
}

// Reloaded says what a reload has changed.
func (l Log) Reloaded(c roster.Change) {
	if c.Tenants() {
		l.to.Info("tenants were reloaded", zap.Strings("added", c.Added), zap.Strings("changed", c.Changed), zap.Strings("removed", c.Removed))
	}
	for _, wrong := range c.Wrong {
		l.to.Warn("a tenant's file is wrong: its tenant stays as it was", zap.String("file", wrong.File), zap.String("wrong", wrong.String()))
	}
	if c.Mended {
		l.to.Info("no tenant's file is wrong any more")
	}
}

// NotFollowed says that the system does not report changes of files.
func (l Log) NotFollowed(err error) {
	l.to.Warn("the system does not report changes of tenantsDir: they are noticed within 10 seconds", zap.Error(err))
}

// Expires warns of a token that expires, or has expired if left is not positive.
func (l Log) Expires(k tokenlife.Key, left time.Duration, used time.Time) {
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
	l.to.Warn(message, fields...)
}

// UsesFail says that the last uses of tokens cannot be kept.
func (l Log) UsesFail(err error) {
	l.to.Warn("the last uses of tokens cannot be read or written; it is tried again every minute", zap.Error(err))
}

// Exposed warns of a secret or key that users other than the owner can access.
func (l Log) Exposed(tenant, path, mode string) {
	l.to.Warn("users other than the owner can read or write the secret or key of a tenant's service account: restrict it (chmod 600)",
		zap.String("tenant", tenant), zap.String("path", path), zap.String("mode", mode))
}

// Differs says that Keycloak's two APIs show a user differently.
func (l Log) Differs(realm, user string) {
	l.to.Warn("Keycloak's SCIM API and Admin REST API show a user differently; users of the realm are read by the SCIM API alone, which is slower, until the user profile is read again",
		zap.String("realm", realm), zap.String("user", user))
}

// Completed says what a pass over the records of a space has done.
func (l Log) Completed(space string, lacking int, err error) {
	log := l.to.With(zap.String("space", space))
	if lacking > 0 {
		log.Info("records of an earlier release were added to the index of kept attributes", zap.Int("records", lacking))
	}
	if err != nil {
		log.Warn("the index of kept attributes cannot be completed now: filters on them are slow; it is tried again every 30 seconds", zap.Error(err))
	}
}
