package configfile

import (
	"encoding/hex"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/value"
)

func (d document) validateTenant(t *config.Tenant, known Idps) {
	d.check(
		rule{"tenant", required(t.Tenant)},
		rule{"tenant", optional(t.Tenant, value.TenantName)},
		rule{"realm", required(t.Realm)},
		rule{"realm", optional(t.Realm, value.RealmName)},
		rule{"group", optional(t.Group, value.TopGroup)},
		rule{"organization", optional(t.Organization, value.Organization)},
		rule{"organization", unless(t.Organization == "" || t.Group != "", "is only for tenants with group")},
		rule{"idp", unless(known(t.IDP), "there is no such dialect")},
		rule{"state", oneOf(t.State, "live", "staged")},
		rule{"onLostAttributes", oneOf(t.OnLostAttributes, "alarm", "stop")},
		rule{"onDelete", value.OnDelete(t.OnDelete)},
		rule{"graceDays", unless(t.GraceDays >= 1 && t.GraceDays <= 3650, "must be 1 to 3650")},
		rule{"unknownMembers", oneOf(t.UnknownMembers, "fail", "skip")},
		rule{"profile", oneOf(t.Profile, "tolerant", "strict")},
		rule{"membersShown", unless(t.MembersShown >= 0, "must not be negative")},
	)
	d.validateAccount(t.ServiceAccount)
	d.validateTokens(t.Tokens)
	d.validateOAuth(t)
	d.check(rule{"allowedNetworks", unless(t.AllowedNetworks == nil || len(t.AllowedNetworks) > 0, "allows no address: leave it out to allow every one")})
	for i, n := range t.AllowedNetworks {
		d.check(rule{element("allowedNetworks", i), value.AllowedNetwork(n)})
	}
	for i, name := range t.RequiredAttributes {
		d.check(rule{element("requiredAttributes", i), unless(attributePath.MatchString(name), "must be an attribute of users, such as title, name.middleName or URN:name")})
	}
	if t.Rate != nil {
		d.validateRate("rate.", *t.Rate)
	}
	d.validateGuard(t.Guard)
	if s := t.SSOLink; s != nil {
		d.check(
			rule{"ssoLink.idp", required(s.IDP)},
			rule{"ssoLink.idp", unless(!value.Control.MatchString(s.IDP) && !strings.Contains(s.IDP, "/"), "must be the alias of an identity provider")},
			rule{"ssoLink.userId", oneOf(s.UserID, "externalId", "userName")},
			rule{"ssoLink.adopt", unless(!s.Adopt || t.Group == "", "is not for tenants with group: their account does not see users that a sign-in has made")},
			rule{"ssoLink.adopt", unless(!s.Adopt || s.UserID == "externalId", "is only for userId: externalId")},
		)
	}
	d.validateExtensions(t.Extensions)
}

var attributePath = regexp.MustCompile(`^((?i:urn):[!-~]+:)?[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)?$`)

func (d document) validateExtensions(all []config.Extension) {
	seen := map[string]bool{}
	for i, e := range all {
		at, urn := element("extensions", i), strings.ToLower(e.URN)
		d.check(
			rule{at + ".urn", value.URN(e.URN)},
			rule{at + ".urn", unless(!strings.HasPrefix(urn, "urn:ietf:params:scim:schemas:"), "is a schema of RFC 7643 itself")},
			rule{at + ".urn", unless(!seen[urn], "is declared twice")},
			rule{at + ".attributes", unless(len(e.Attributes) > 0, "is required")},
		)
		seen[urn] = true
		names := map[string]bool{}
		for j, a := range e.Attributes {
			at, name := element(at+".attributes", j), strings.ToLower(a.Name)
			d.check(
				rule{at + ".name", value.AttributeName(a.Name)},
				rule{at + ".name", unless(!names[name], "is declared twice")},
				rule{at + ".type", oneOf(a.Type, "", "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference")},
			)
			names[name] = true
		}
	}
}

func (d document) validateAccount(a config.ServiceAccount) {
	d.check(
		rule{"serviceAccount.clientID", required(a.ClientID)},
		rule{"serviceAccount.clientID", unless(!value.Control.MatchString(a.ClientID), "must be the id of a client")},
		rule{"serviceAccount", unless(one(a.SecretFile, a.SecretEnv, a.KeyFile), "set exactly one of secretFile, secretEnv and keyFile")},
		rule{"serviceAccount.secretFile", optional(a.SecretFile, value.Readable)},
		rule{"serviceAccount.keyFile", optional(a.KeyFile, value.Readable)},
		rule{"serviceAccount.secretEnv", optional(a.SecretEnv, value.Variable)},
	)
}

func (d document) validateTokens(tokens []config.Token) {
	ids, sums := map[string]bool{}, map[string]bool{}
	for i, k := range tokens {
		at := element("tokens", i)
		sum, err := hex.DecodeString(k.SHA256)
		d.check(
			rule{at + ".id", required(k.ID)},
			rule{at + ".id", optional(k.ID, value.KeyID)},
			rule{at + ".id", unless(k.ID == "" || !ids[k.ID], "is used twice")},
			rule{at + ".sha256", unless(err == nil && len(sum) == 32, "must be the SHA-256 of the token, 64 hex digits")},
			rule{at + ".sha256", unless(len(sum) == 0 || !sums[string(sum)], "is used twice: every key has its own token")},
			rule{at + ".expires", unless(k.Expires.IsZero() || k.Created.IsZero() || k.Expires.After(k.Created.Time), "must be after created")},
		)
		ids[k.ID], sums[string(sum)] = true, true
	}
}

func (d document) validateOAuth(t *config.Tenant) {
	if t.OAuth == nil {
		return
	}
	d.check(rule{"oauth.clients", unless(len(t.OAuth.Clients) > 0, "is required")})
	for i, id := range t.OAuth.Clients {
		d.check(
			rule{element("oauth.clients", i), unless(id != "" && !value.Control.MatchString(id), "must be the id of a client")},
			rule{element("oauth.clients", i), unless(id != t.ServiceAccount.ClientID, "is the tenant's account, which has rights in Keycloak: use another client")},
		)
	}
}

// refuseUnshared reports every tenant that shares a whole realm without sharedRealm, because each
// tenant could delete the other's users, and every tenant that shares a group. Letter case is
// ignored: Keycloak compares realm names as its database does, and MySQL and SQL Server ignore case
// by default.
func refuseUnshared(all []config.Tenant, documents []document) {
	places := map[[2]string][]int{}
	for i, t := range all {
		if t.Realm != "" {
			place := [2]string{strings.ToLower(t.Realm), strings.ToLower(t.Group)}
			places[place] = append(places[place], i)
		}
	}
	for place, sharers := range places {
		for _, i := range sharers {
			other := slices.IndexFunc(sharers, func(j int) bool { return all[j].Tenant != all[i].Tenant })
			switch {
			case other < 0:
			case place[1] != "":
				documents[i].Wrong("group", "is also the group of "+filepath.Base(documents[sharers[other]].File)+": every tenant needs a group of its own")
			case !all[i].SharedRealm:
				documents[i].Wrong("realm", "is also served as a whole by "+filepath.Base(documents[sharers[other]].File)+
					": each tenant can change and delete the other's users. If that is intended, set sharedRealm: true in both files")
			}
		}
	}
}

// refuseUnconfined reports what would let one tenant reach the users of another one that is
// confined to a group of the same realm: a tenant of the whole realm without sharedRealm, and an
// account that another tenant has too, because it is the account that Keycloak confines.
func refuseUnconfined(all []config.Tenant, documents []document) {
	for i, t := range all {
		for j, confined := range all {
			if confined.Group == "" || confined.Tenant == t.Tenant || !strings.EqualFold(confined.Realm, t.Realm) {
				continue
			}
			of := filepath.Base(documents[j].File)
			if t.Group == "" && !t.SharedRealm {
				documents[i].Wrong("realm", "is also the realm of "+of+", which is confined to a group: this tenant can change and delete its users. If that is intended, set sharedRealm: true here")
				break
			}
			if t.ServiceAccount.ClientID != "" && t.ServiceAccount.ClientID == confined.ServiceAccount.ClientID {
				documents[i].Wrong("serviceAccount.clientID", "is also the account of "+of+": Keycloak confines an account to a group, so every tenant needs an account of its own")
				break
			}
		}
	}
}
