package observe

import (
	"time"

	"go.uber.org/zap"
)

// Line writes the one log line of a request: warnings for what the server failed, debug for what is done many times a second.
func Line(l *zap.Logger, s Summary, took time.Duration) {
	level := zap.InfoLevel
	if s.Status >= 500 {
		level = zap.WarnLevel
	}
	fields := []zap.Field{
		zap.String("request", s.RequestID), zap.String("tenant", s.Tenant), zap.String("call", s.Verb),
		zap.String("method", s.Method), zap.String("path", s.Path), zap.Int("status", s.Status),
		zap.Duration("took", took), zap.Int("keycloakCalls", s.KeycloakCalls), zap.Duration("keycloakTook", s.KeycloakTime),
	}
	if len(s.Rules) > 0 {
		fields = append(fields, zap.String("idp", s.IDP), zap.Strings("rules", s.Rules))
	}
	if len(s.Skipped) > 0 {
		fields = append(fields, zap.Strings("unknownMembersSkipped", s.Skipped))
	}
	if s.ScimType != "" {
		fields = append(fields, zap.String("scimType", s.ScimType))
	}
	if s.Cause != nil {
		fields = append(fields, zap.NamedError("cause", s.Cause))
	}
	l.Log(level, "request", fields...)
}
