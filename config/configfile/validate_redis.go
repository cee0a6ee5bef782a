package configfile

import (
	"regexp"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/value"
)

var redisPrefix = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

func (d document) validateRedis(r *config.Redis) {
	const at = "store.redis."
	cluster := len(r.Addresses) > 1
	d.check(
		rule{at + "addresses", unless(r.Sentinel != nil || len(r.Addresses) > 0, "is required, unless there is sentinel")},
		rule{at + "addresses", unless(r.Sentinel == nil || len(r.Addresses) == 0, "set only one of addresses and sentinel, which has addresses of its own")},
		rule{at + "prefix", unless(redisPrefix.MatchString(r.Prefix), "must be letters, digits and . _ : -, up to 64")},
		rule{at + "db", unless(r.DB >= 0, "must not be negative")},
		rule{at + "db", unless(r.DB <= 0 || !cluster, "must be 0: several addresses make a cluster, which has no other database")},
		rule{at + "waitReplicas", unless(r.WaitReplicas >= 0, "must not be negative")},
		rule{at + "waitReplicas", unless(r.WaitReplicas <= 0 || !cluster, "must be 0: several addresses make a cluster, whose replicas cannot be waited for")},
	)
	d.validateEndpoint(at, r.Addresses, r.PasswordFile, r.PasswordEnv, r.TLS)
	if s := r.Sentinel; s != nil {
		d.check(
			rule{at + "sentinel.master", required(s.Master)},
			rule{at + "sentinel.addresses", unless(len(s.Addresses) > 0, "is required")},
		)
		d.validateEndpoint(at+"sentinel.", s.Addresses, s.PasswordFile, s.PasswordEnv, s.TLS)
	}
}

// validateEndpoint checks what servers and sentinels have in common.
func (d document) validateEndpoint(at string, addresses []string, passwordFile, passwordEnv string, t *config.TLS) {
	d.check(
		rule{at + "passwordFile", optional(passwordFile, value.Readable)},
		rule{at + "passwordEnv", optional(passwordEnv, value.Variable)},
		rule{at + "passwordEnv", unless(passwordEnv == "" || passwordFile == "", "set only one of passwordFile and passwordEnv")},
	)
	for i, a := range addresses {
		d.check(rule{element(at+"addresses", i), value.DialAddress(a)})
	}
	if t != nil {
		d.check(
			rule{at + "tls.caFile", optional(t.CAFile, value.Readable)},
			rule{at + "tls.certFile", optional(t.CertFile, value.Readable)},
			rule{at + "tls.keyFile", optional(t.KeyFile, value.Readable)},
			rule{at + "tls", unless((t.KeyFile == "") == (t.CertFile == ""), "set both certFile and keyFile, or neither")},
			rule{at + "tls.serverName", unless(t.ServerName == "" || value.IsHost(t.ServerName), "must be the name of a host")},
		)
	}
}
