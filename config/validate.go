package config

import (
	"encoding/hex"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Idps says which dialects there are; the configuration itself knows none.
type Idps func(name string) bool

// rule is one condition that must hold.
type rule struct {
	path    string
	holds   bool
	message string
}

func (d *document) check(rules []rule) {
	for _, r := range rules {
		if !r.holds {
			d.wrong(r.path, r.message)
		}
	}
}

// Validate checks a configuration that was not read from a file.
func Validate(c *Config) error {
	d := &document{}
	if d.validate(c); len(d.problems) > 0 {
		return d.problems
	}
	return nil
}

func (d *document) validate(c *Config) {
	d.check([]rule{
		{"listen", isAddress(c.Listen), "must be host:port"},
		{"adminListen", c.AdminListen == "" || isAddress(c.AdminListen), "must be host:port, or empty"},
		{"publicURL", c.PublicURL == "" || isURL(c.PublicURL), "must be a URL such as https://scim.example.com"},
		{"keycloak.url", isURL(c.Keycloak.URL), "must be a URL such as http://keycloak:8080"},
		{"keycloak.timeout", c.Keycloak.Timeout > 0, "must be more than 0"},
		{"keycloak.maxInFlight", c.Keycloak.MaxInFlight > 0, "must be more than 0"},
		{"keycloak.caFile", c.Keycloak.CAFile == "" || isFile(c.Keycloak.CAFile), "there is no such file"},
		{"dropIn.passthrough", !c.DropIn.Passthrough || c.DropIn.Enabled, "needs dropIn.enabled"},
		{"tenantsDir", c.TenantsDir != "" || c.DropIn.Enabled, "nobody could use the proxy: name tenantsDir or enable dropIn"},
		{"limits.body", c.Limits.Body > 0, "must be more than 0"},
		{"limits.jsonDepth", c.Limits.JSONDepth > 1, "must be more than 1"},
		{"limits.filter", c.Limits.Filter > 0, "must be more than 0"},
		{"limits.page", c.Limits.Page > 0, "must be more than 0"},
		{"limits.scan", c.Limits.Scan > 0, "must be more than 0"},
		{"limits.request", c.Limits.Request > 0, "must be more than 0"},
		{"limits.bulk.operations", c.Limits.Bulk.Operations > 0, "must be more than 0"},
		{"limits.bulk.payload", c.Limits.Bulk.Payload > 0, "must be more than 0"},
	})
	d.validateStore(c.Store)
}

func (d *document) validateStore(s Store) {
	d.check([]rule{{"store", (s.Embedded != nil) != (s.Redis != nil), "name exactly one of embedded and redis"}})
	if s.Embedded != nil {
		d.check([]rule{{"store.embedded.path", s.Embedded.Path != "", "is required"}})
	}
	if r := s.Redis; r != nil {
		d.check([]rule{
			{"store.redis.addresses", len(r.Addresses) > 0, "is required"},
			{"store.redis.passwordFile", r.PasswordFile == "" || isFile(r.PasswordFile), "there is no such file"},
			{"store.redis.passwordEnv", r.PasswordEnv == "" || os.Getenv(r.PasswordEnv) != "", "the environment variable is empty"},
			{"store.redis.passwordEnv", r.PasswordEnv == "" || r.PasswordFile == "", "name only one of passwordFile and passwordEnv"},
			{"store.redis.db", r.DB >= 0, "must not be negative"},
		})
		for i, a := range r.Addresses {
			d.check([]rule{{"store.redis.addresses[" + strconv.Itoa(i) + "]", isAddress(a), "must be host:port"}})
		}
		if t := r.TLS; t != nil {
			d.check([]rule{
				{"store.redis.tls.caFile", t.CAFile == "" || isFile(t.CAFile), "there is no such file"},
				{"store.redis.tls.certFile", t.CertFile == "" || isFile(t.CertFile), "there is no such file"},
				{"store.redis.tls.keyFile", t.KeyFile == "" || isFile(t.KeyFile), "there is no such file"},
				{"store.redis.tls.keyFile", (t.KeyFile == "") == (t.CertFile == ""), "certFile and keyFile go together"},
			})
		}
	}
	if e := s.Encryption; e != nil {
		d.check([]rule{{"store.encryption.keyFiles", len(e.KeyFiles) > 0, "is required"}})
		for i, f := range e.KeyFiles {
			d.check([]rule{{"store.encryption.keyFiles[" + strconv.Itoa(i) + "]", isFile(f), "there is no such file"}})
		}
	}
}

var (
	tenantName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	keyID      = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
)

func (d *document) validateTenant(t *Tenant, known Idps) {
	account := t.ServiceAccount
	d.check([]rule{
		{"tenant", tenantName.MatchString(t.Tenant), "must be lower-case letters, digits and hyphens, up to 63"},
		{"realm", t.Realm != "" && !strings.ContainsAny(t.Realm, "/\\?#%;"), "must be the name of a realm"},
		{"idp", known(t.IDP), "there is no such dialect"},
		{"serviceAccount.clientID", account.ClientID != "", "is required"},
		{"serviceAccount", (account.SecretFile == "") != (account.SecretEnv == ""), "name exactly one of secretFile and secretEnv"},
		{"serviceAccount.secretFile", account.SecretFile == "" || isFile(account.SecretFile), "there is no such file"},
		{"serviceAccount.secretEnv", account.SecretEnv == "" || os.Getenv(account.SecretEnv) != "", "the environment variable is empty"},
		{"unknownMembers", t.UnknownMembers == "fail" || t.UnknownMembers == "skip", "must be fail or skip"},
		{"membersShown", t.MembersShown >= 0, "must not be negative"},
	})
	ids := map[string]bool{}
	for i, k := range t.Tokens {
		at := "tokens[" + strconv.Itoa(i) + "]"
		sum, err := hex.DecodeString(k.SHA256)
		d.check([]rule{
			{at + ".id", keyID.MatchString(k.ID), "must be lower-case letters and digits, up to 16"},
			{at + ".id", !ids[k.ID], "is used twice"},
			{at + ".sha256", err == nil && len(sum) == 32, "must be the SHA-256 of the token, 64 hex digits"},
		})
		ids[k.ID] = true
	}
	d.notYet(t)
}

// notYet refuses what can be said and is not done yet: a setting that does nothing would be a lie.
func (d *document) notYet(t *Tenant) {
	const message = "is not supported yet"
	d.check([]rule{
		{"group", t.Group == "", message},
		{"organization", t.Organization == "", message},
		{"state", t.State == "live", message},
		{"requiredAttributes", len(t.RequiredAttributes) == 0, message},
		{"onDelete", t.OnDelete == "delete", message},
		{"rate", t.Rate == nil, message},
	})
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	n, bad := strconv.Atoi(port)
	return err == nil && bad == nil && n >= 0 && n < 65536
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func isFile(path string) bool {
	i, err := os.Stat(path)
	return err == nil && i.Mode().IsRegular()
}
