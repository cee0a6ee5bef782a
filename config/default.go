package config

import (
	"strings"
	"time"
)

// Default returns the values of all keys that are absent.
func Default() Config {
	return Config{
		Listen:      ":8080",
		AdminListen: "127.0.0.1:9090",
		Keycloak:    Keycloak{Timeout: Duration(20 * time.Second), MaxInFlight: 64},
		Limits: Limits{
			Body: 8 << 20, JSONDepth: 64, Filter: 16 << 10, Page: 1000, Scan: 100_000, Request: Duration(time.Minute), Kept: 256 << 10, PageBytes: 8 << 20, Memory: 320 << 20,
			Bulk: Bulk{Operations: 1000, Payload: 4 << 20}, Rate: Rate{RequestsPerSecond: 50, Burst: 100, Concurrency: 32},
		},
		Timeouts: Timeouts{ReadHeader: Duration(10 * time.Second), Read: Duration(30 * time.Second), Idle: Duration(2 * time.Minute)},
		Log:      Log{Level: "info", Format: "json"},
		Journal:  Journal{Days: 30, Most: 100_000, Values: true},
		Guard:    DefaultGuard(),
		Console:  DefaultConsole(),
	}
}

// DropInOnly is the configuration of `serve --keycloak URL`: drop-in for every realm, an embedded
// store at path, no tenants. It is not validated yet.
func DropInOnly(keycloakURL, path string) Config {
	c := Default()
	c.Keycloak.URL = strings.TrimSuffix(keycloakURL, "/") // paths are appended to it
	c.DropIn.Enabled = true
	c.Store.Embedded = &Embedded{Path: path}
	return c
}

// DefaultTenant returns the values of all keys that are absent from a tenant's file.
func DefaultTenant() Tenant {
	return Tenant{
		IDP: "generic", State: "live", OnLostAttributes: "alarm", OnDelete: "delete", GraceDays: 30,
		MembersShown: 200, UnknownMembers: "fail", Profile: "tolerant",
	}
}

// DefaultPassthrough returns the values of all keys that are absent from the section.
func DefaultPassthrough() Passthrough {
	return Passthrough{Deny: []string{"/admin", "/metrics", "/health"}, Timeout: Duration(time.Minute)}
}

// DefaultSSOLink returns the values of all keys that are absent from the section.
func DefaultSSOLink() SSOLink { return SSOLink{UserID: "externalId"} }

// DefaultWebhook returns the values of all keys that are absent from the section.
func DefaultWebhook() Webhook { return Webhook{Timeout: Duration(10 * time.Second), Tries: 20} }

// DefaultRedis returns the values of all keys that are absent from the section.
func DefaultRedis() Redis { return Redis{Prefix: "kscim:"} }
