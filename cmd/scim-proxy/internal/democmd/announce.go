package democmd

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// announce writes the URLs and credentials of the demo to the file env, and prints them with an
// example request. It includes the administrator's password only for a Keycloak that the demo
// started.
func (d *demo) announce(a net.Addr) error {
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return err
	}
	base := "http://localhost:" + port
	keycloak := d.server.URL
	env := [][2]string{{"KEYCLOAK_URL", d.server.URL}}
	if !d.server.Foreign() {
		keycloak += "  (" + d.server.AdminUser + " / " + d.server.AdminPassword + ")"
		env = append(env, [2]string{"KEYCLOAK_ADMIN", d.server.AdminUser}, [2]string{"KEYCLOAK_ADMIN_PASSWORD", d.server.AdminPassword})
	}
	env = append(env, [][2]string{
		{"DROPIN_URL", base + "/realms/" + d.realm + "/scim/v2"},
		{"DROPIN_TOKEN_URL", d.server.URL + "/realms/" + d.realm + "/protocol/openid-connect/token"},
		{"DROPIN_CLIENT_ID", demoDropIn},
		{"DROPIN_CLIENT_SECRET", d.dropInSecret},
	}...)
	for _, t := range d.tenants {
		name := strings.ToUpper(t.Tenant.Tenant)
		env = append(env, [2]string{name + "_URL", base + "/scim/v2"}, [2]string{name + "_TOKEN", t.token.Reveal()})
	}
	var text strings.Builder
	for _, e := range env {
		fmt.Fprintf(&text, "%s='%s'\n", e[0], strings.ReplaceAll(e[1], "'", `'\''`))
	}
	file := filepath.Join(d.dir, "env")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return err
	}
	first := d.tenants[0].token
	if len(d.tenants) > 1 {
		file += "  (also of the group tenants acme and globex of realm " + d.saas + ")"
	}
	fmt.Fprintf(d.out, `
Keycloak      %s
SCIM base URL %s/scim/v2
bearer token  %s
all of it     %s

Try it:

curl -s %s/scim/v2/Users -H 'Authorization: Bearer %s' -H 'Content-Type: application/scim+json' -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","externalId":"7","title":"Countess","name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"value":"ada@example.com","type":"work","primary":true}]}'

Ctrl-C ends it.
`, keycloak, base, first.Reveal(), file, base, first.Reveal())
	return nil
}
