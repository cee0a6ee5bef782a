package helm_test

import (
	"maps"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
)

// base conforms: every case of TestRefused changes it.
const base = "config: {keycloak: {url: \"http://k:8080\"}, dropIn: {enabled: true}, store: {redis: {addresses: [\"r:6379\"]}}}\n"

// Values that are refused, each with a part of the message, which names the key and the reason.
func TestRefused(t *testing.T) {
	embedded := "config: {keycloak: {url: \"http://k:8080\"}, dropIn: {enabled: true}, store: {embedded: {path: /var/lib/scim-proxy/s.db}}}\n"
	config := func(more string) string {
		return "config: {keycloak: {url: \"http://k:8080\"}, " + more + "}\n"
	}
	redis := func(more string) string {
		return config("dropIn: {enabled: true}, store: {redis: {addresses: [\"r:6379\"]" + more + "}}")
	}
	sidecar := func(url string) string {
		return "mode: sidecar\nconfig: {keycloak: {url: \"" + url + "\"}, store: {redis: {addresses: [\"r:6379\"]}}}\n"
	}
	for name, row := range map[string]struct{ values, want string }{
		"nothing":                     {"", "missing properties 'keycloak', 'store'"},
		"an alert that is not there":  {base + "metrics: {prometheusRule: {enabled: true, disabled: [ScimNone]}}\n", "there is no alert ScimNone"},
		"a budget above all":          {base + "metrics: {prometheusRule: {errorBudget: 0.1}}\n", "/metrics/prometheusRule/errorBudget"},
		"unknown key":                 {base + "replicas: 2\n", "additional properties 'replicas' not allowed"},
		"unknown key inside":          {base + "image: {name: x}\n", "/image"},
		"unknown key of the program":  {config("dropIn: {enable: true}, store: {redis: {addresses: [a]}}"), "additional properties 'enable' not allowed"},
		"key that the chart sets":     {config("listen: \":1\", store: {redis: {addresses: [a]}}"), "additional properties 'listen' not allowed"},
		"wrong type":                  {base + "replicaCount: two\n", "/replicaCount"},
		"number without a unit":       {config("limits: {request: 45}, store: {redis: {addresses: [a]}}"), "/config/limits/request"},
		"wrong size":                  {config("limits: {body: 8MB}, store: {redis: {addresses: [a]}}"), "/config/limits/body"},
		"both stores":                 {config("store: {embedded: {path: a}, redis: {addresses: [a]}}"), "oneOf"},
		"a secret in the values":      {redis(", password: x"), "additional properties 'password' not allowed"},
		"a token in the values":       {base + "tenants: {acme: {realm: r, serviceAccount: {clientID: c}, tokens: [{id: k1, token: x}]}}\n", "/tenants/acme/tokens/0"},
		"a tenant without a realm":    {base + "tenants: {acme: {serviceAccount: {clientID: c}}}\n", "missing property 'realm'"},
		"a tenant named twice":        {base + "tenants: {acme: {tenant: acme, realm: r, serviceAccount: {clientID: c}}}\n", "additional properties 'tenant' not allowed"},
		"a tenant with a bad name":    {base + "tenants: {Acme: {realm: r, serviceAccount: {clientID: c}}}\n", "'Acme' does not match"},
		"what is not supported":       {base + "tenants: {acme: {realm: r, serviceAccount: {clientID: c}, onDelete: detach}}\n", "/tenants/acme/onDelete"},
		"no secret of a tenant":       {base + "tenants: {acme: {realm: r, serviceAccount: {clientID: c}}}\n", "its key acme has the client secret of this tenant"},
		"tenants from two places":     {base + "existingTenantsConfigMap: a\ntenantSecrets: {existingSecret: s}\ntenants: {acme: {realm: r, serviceAccount: {clientID: c}}}\n", "use one of them"},
		"embedded, two replicas":      {embedded + "replicaCount: 2\n", "a file that one process may open, so replicaCount must be 1"},
		"embedded, autoscaling":       {embedded + "autoscaling: {enabled: true}\n", "autoscaling.enabled false"},
		"embedded, outside":           {config("store: {embedded: {path: /tmp/s.db}}"), "must be below /var/lib/scim-proxy"},
		"embedded, sidecar":           {embedded + "mode: sidecar\nsidecar: {podLabels: {a: b}}\n", "each pod of Keycloak would have a store of its own"},
		"secret that is not mounted":  {redis(", passwordFile: /etc/scim-proxy/secrets/redis/password"), "secretMounts has no redis"},
		"secret elsewhere":            {redis(", passwordFile: /run/password"), "which is in no volume"},
		"secret of sentinels":         {config("dropIn: {enabled: true}, store: {redis: {sentinel: {master: m, addresses: [a], passwordFile: /etc/scim-proxy/secrets/sentinel/password}}}"), "secretMounts has no sentinel"},
		"sentinels and a server":      {redis(", sentinel: {master: m, addresses: [a]}"), "oneOf"},
		"key that is not mounted":     {config("store: {redis: {addresses: [a]}, encryption: {keyFiles: [/etc/scim-proxy/secrets/keys/k1]}}"), "secretMounts has no keys"},
		"tenant secret not mounted":   {base + "tenants: {acme: {realm: r, serviceAccount: {clientID: c, secretFile: /etc/scim-proxy/tenant-secrets/x}}}\n", "tenantSecrets.existingSecret is empty"},
		"drain":                       {config("dropIn: {enabled: true}, store: {redis: {addresses: [\"r:6379\"]}}, timeouts: {drain: 5s}"), "use preStopSeconds"},
		"short grace period":          {base + "terminationGracePeriodSeconds: 29\n", "must be at least 30"},
		"bounds of autoscaling":       {base + "autoscaling: {enabled: true, minReplicas: 9}\n", "minReplicas must not be above maxReplicas"},
		"both bounds of a budget":     {base + "podDisruptionBudget: {enabled: true, minAvailable: 1}\n", "set minAvailable or maxUnavailable"},
		"monitor behind a policy":     {base + "metrics: {serviceMonitor: {enabled: true}}\n", "the ServiceMonitor could not be scraped"},
		"route without a gateway":     {base + "httpRoute: {enabled: true}\n", "name the Gateway"},
		"ingress without a host":      {base + "ingress: {enabled: true}\n", "would take the paths of every host"},
		"ingress without realms":      {base + "ingress: {enabled: true}\nrouting: {hosts: [a]}\n", "a plain path of an Ingress has no wildcard"},
		"ingress, other namespace":    {base + "ingress: {enabled: true}\nrouting: {hosts: [a], realms: [r], keycloak: {service: k, namespace: sso}}\n", "an Ingress cannot name a Service of another namespace"},
		"realm that is a path":        {base + "routing: {realms: [\"a/b\"]}\n", "/routing/realms/0"},
		"sidecar of another Keycloak": {sidecar("http://keycloak:8080") + "sidecar: {podLabels: {a: b}}\n", "calls Keycloak in its own pod"},
		"sidecar of a similar name":   {sidecar("http://localhost.example.com") + "sidecar: {podLabels: {a: b}}\n", "calls Keycloak in its own pod"},
		"sidecar without labels":      {sidecar("http://127.0.0.1:8080"), "sidecar.podLabels"},
		"digest without sha256":       {base + "image: {digest: abc}\n", "/image/digest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render(loadChart(t, chartDir), readValues(t, row.values))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v\ndoes not say %s", err, row.want)
			}
		})
	}
	if _, err := render(loadChart(t, chartDir), readValues(t, base)); err != nil {
		t.Error(err)
	}
}

// A chart of charts passes global values on, and may set numbers by --set, which become int64.
func TestNumbersAndGlobals(t *testing.T) {
	values := readValues(t, base)
	maps.Copy(values, map[string]any{"replicaCount": int64(3), "global": map[string]any{"imageRegistry": "x"}})
	values["config"].(map[string]any)["limits"] = map[string]any{"scan": float64(1_000_000), "body": int64(9_000_000), "memory": 1_000_000_000}
	text := string(manifests(t, values)[0].text)
	for _, want := range []string{"scan: 1000000\n", "body: 9000000\n", "memory: 1000000000\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// OpenShift chooses the user of a pod itself: a default that is null is left out.
func TestOpenShift(t *testing.T) {
	values := readValues(t, base+"podSecurityContext: {runAsUser: null, runAsGroup: null, fsGroup: null}\n")
	s := one[*apps.Deployment](t, manifests(t, values)).Spec.Template.Spec.SecurityContext
	if s.RunAsUser != nil || s.RunAsGroup != nil || s.FSGroup != nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot {
		t.Errorf("%+v", s)
	}
}
