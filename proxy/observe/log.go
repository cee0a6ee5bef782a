package observe

import (
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Bounds of the parts of a log line that a request determines: characters of a name, characters of
// the path and of the cause, the number of members, and the number of fields.
const (
	maxName    = 64
	maxText    = 512
	maxSkipped = 20
	maxFields  = 26
)

// Sink receives a summary of each request after its end.
type Sink interface {
	Observe(s Summary, took time.Duration)
}

// Log writes one line per request: a warning if the status is 500 or more, otherwise information.
type Log struct{ to *zap.Logger }

// NewLog returns a Log that writes to a logger.
func NewLog(to *zap.Logger) Log { return Log{to} }

// Observe writes the line.
func (l Log) Observe(s Summary, took time.Duration) {
	level := zap.InfoLevel
	if s.Status >= 500 {
		level = zap.WarnLevel
	}
	fields := append(make([]zap.Field, 0, maxFields),
		zap.String("request", s.RequestID), zap.String("tenant", document.Cut(s.Tenant, maxName)), zap.String("realm", document.Cut(s.Realm, maxName)), zap.String("call", s.Verb),
		zap.String("method", document.Cut(s.Method, maxName)), zap.String("path", document.Cut(s.Path, maxText)), zap.Int("status", s.Status),
		zap.Duration("took", took), zap.Int("keycloakCalls", s.KeycloakCalls), zap.Duration("keycloakTook", s.KeycloakTime),
	)
	if s.Trace != "" {
		fields = append(fields, zap.String("trace", s.Trace))
	}
	if s.Address != "" {
		fields = append(fields, zap.String("address", s.Address))
	}
	if s.AdminCalls > 0 {
		fields = append(fields, zap.Int("adminCalls", s.AdminCalls))
	}
	if s.Repeats > 0 {
		fields = append(fields, zap.Int("keycloakRepeats", s.Repeats))
	}
	if s.KeyID != "" {
		fields = append(fields, zap.String("key", document.Cut(s.KeyID, maxName)))
	}
	if s.Client != "" {
		fields = append(fields, zap.String("client", document.Cut(s.Client, maxName)))
	}
	if len(s.Rules) > 0 {
		fields = append(fields, zap.String("idp", s.IDP), zap.Strings("rules", s.Rules))
	}
	if n := len(s.Skipped); n > 0 {
		shown := make([]string, min(n, maxSkipped))
		for i := range shown {
			shown[i] = document.Cut(s.Skipped[i], maxName)
		}
		fields = append(fields, zap.Strings("unknownMembersSkipped", shown), zap.Int("unknownMembers", n))
	}
	if s.Refused != "" {
		fields = append(fields, zap.String("token", s.Refused))
	}
	if s.Limited != "" {
		fields = append(fields, zap.String("limited", s.Limited))
	}
	if s.Sessions+s.Consents > 0 {
		fields = append(fields, zap.Int("sessionsEnded", s.Sessions), zap.Int("consentsEnded", s.Consents))
	}
	if s.ScimType != "" {
		fields = append(fields, zap.String("scimType", document.Cut(s.ScimType, maxName)))
	}
	if f, broken := fault.In(s.Cause); broken {
		fields = append(fields, zap.String("fault", string(f.Cause)), zap.String("remedy", document.Cut(f.Remedy(), maxText)))
	}
	if s.Cause != nil {
		fields = append(fields, zap.String("cause", document.Cut(s.Cause.Error(), maxText)))
	}
	l.to.Log(level, "request", fields...)
}
