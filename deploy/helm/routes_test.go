package helm_test

import (
	"regexp"
	"strings"
	"testing"

	networking "k8s.io/api/networking/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// paths has what a client may ask for, and whether the proxy serves it. Everything else is
// Keycloak's, above all its administration.
var paths = map[string]bool{
	"/scim/v2/Users": true, "/scim": true, "/tenants/acme/scim/v2/Users": true, "/realms/corp/scim/v2/Users/1": true, "/realms/corp/scim": true,
	"/": false, "/admin/master/console/": false, "/admin/realms/corp/users": false, "/realms/corp/protocol/openid-connect/token": false,
	"/realms/corp/scimitar": false, "/scimitar": false, "/realms/corp": false, "/resources/x.js": false, "/realms/corp/x/scim": false,
	"/x/realms/corp/scim/v2": false, "/metrics": false, "/health": false,
}

func below(path, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func TestHTTPRoute(t *testing.T) {
	values := ciFiles(t)["httproute"]
	for _, realms := range [][]any{nil, {"corp", "partners"}} {
		values["routing"].(map[string]any)["realms"] = realms
		route := one[*gateway.HTTPRoute](t, manifests(t, values))
		for path, ours := range paths {
			best, backend := -1, ""
			for _, rule := range route.Spec.Rules {
				for _, m := range rule.Matches {
					length := len(*m.Path.Value)
					if *m.Path.Type == gateway.PathMatchRegularExpression {
						if !regexp.MustCompile(*m.Path.Value).MatchString(path) {
							continue
						}
					} else if !below(path, *m.Path.Value) {
						continue
					}
					if length > best {
						best, backend = length, string(rule.BackendRefs[0].Name)
					}
				}
			}
			if want := map[bool]string{true: "scim-keycloak-scim-proxy", false: "keycloak"}[ours]; backend != want {
				t.Errorf("realms %v: %s goes to %q", realms, path, backend)
			}
		}
	}
}

// Receivers of events reach the proxy if there are any.
func TestEventsRoute(t *testing.T) {
	for _, with := range []bool{false, true} {
		values := ciFiles(t)["httproute"]
		ingress := ciFiles(t)["ingress"]
		for _, v := range []map[string]any{values, ingress} {
			if with {
				v["config"].(map[string]any)["events"] = map[string]any{"receivers": []any{map[string]any{"name": "siem", "allTenants": true, "poll": map[string]any{"audience": "a", "tokenSHA256": []any{strings.Repeat("0", 64)}}}}}
			}
		}
		routed := 0
		for _, m := range one[*gateway.HTTPRoute](t, manifests(t, values)).Spec.Rules[0].Matches {
			if *m.Path.Value == "/events" {
				routed++
			}
		}
		for _, p := range one[*networking.Ingress](t, manifests(t, ingress)).Spec.Rules[0].HTTP.Paths {
			if p.Path == "/events" && p.Backend.Service.Name == "scim-keycloak-scim-proxy" {
				routed++
			}
		}
		if want := map[bool]int{true: 2}[with]; routed != want {
			t.Errorf("events %v: %d routes", with, routed)
		}
	}
}

func TestIngress(t *testing.T) {
	all := ciFiles(t)
	for name, keycloak := range map[string]string{"ingress": "keycloak", "ingress-regex": ""} {
		ingress := one[*networking.Ingress](t, manifests(t, all[name]))
		for path, ours := range paths {
			best, backend := -1, ""
			for _, p := range ingress.Spec.Rules[0].HTTP.Paths {
				matches := below(path, p.Path)
				if *p.PathType == networking.PathTypeImplementationSpecific {
					matches = regexp.MustCompile("^" + p.Path).MatchString(path)
				}
				if matches && len(p.Path) > best {
					best, backend = len(p.Path), p.Backend.Service.Name
				}
			}
			if want := map[bool]string{true: "scim-keycloak-scim-proxy", false: keycloak}[ours]; backend != want {
				t.Errorf("%s: %s goes to %q", name, path, backend)
			}
		}
	}
}
