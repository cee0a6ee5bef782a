package helm_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// keycloakPorts are the ports of Keycloak's own container: http, https, management, and those of
// its cluster.
var keycloakPorts = []int32{8080, 8443, 9000, 7800, 57800}

// sidecarOf renders the named templates in a chart that has this one as a dependency.
func sidecarOf(t *testing.T, values map[string]any) (containers, volumes string) {
	t.Helper()
	parent := &chart.Chart{
		Metadata: &chart.Metadata{APIVersion: "v2", Name: "umbrella", Version: "1.0.0"},
		Templates: []*common.File{
			{Name: "templates/containers.txt", Data: []byte(`{{ include "keycloak-scim-proxy.sidecar.containers" (index .Subcharts "keycloak-scim-proxy") }}`)},
			{Name: "templates/volumes.txt", Data: []byte(`{{ include "keycloak-scim-proxy.sidecar.volumes" (index .Subcharts "keycloak-scim-proxy") }}`)},
		},
	}
	parent.AddDependency(loadChart(t, chartDir))
	files, err := render(parent, map[string]any{"keycloak-scim-proxy": values})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(files["umbrella/templates/containers.txt"]), strings.TrimSpace(files["umbrella/templates/volumes.txt"])
}

func strict[T any](t *testing.T, text string) (out T) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), &out); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

func indent(text string, by int) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", by))
}

// snippets are the files of the directory sidecar, for three ways in which Keycloak is deployed.
func snippets(containers, volumes string) map[string]string {
	const head = "# Made from ci/sidecar-values.yaml by: go test ./helm -update\n# The release is named scim; the notes after `helm install` print the same with your names.\n"
	return map[string]string{
		"list-values.yaml": head + "# For charts of Keycloak whose values have lists. Some name the first one sidecars.\n" +
			"extraContainers:\n  " + indent(containers, 2) + "\nextraVolumes:\n  " + indent(volumes, 2) + "\n",
		"string-values.yaml": head + "# For charts of Keycloak whose values are texts that the chart runs through tpl.\n" +
			"extraContainers: |\n  " + indent(containers, 2) + "\nextraVolumes: |\n  " + indent(volumes, 2) + "\n",
		"operator-keycloak.yaml": head + "# For the operator of Keycloak. WARNING: Keycloak does not support podTemplate, and may remove it\n" +
			"# (issue 40184 of keycloak/keycloak). The operator takes the first container of the list as its\n" +
			"# own, so it must be there, with its name only.\n" +
			"apiVersion: k8s.keycloak.org/v2alpha1\nkind: Keycloak\nmetadata:\n  name: keycloak\nspec:\n  instances: 2\n" +
			"  hostname: {hostname: \"https://sso.example.com\"}\n  http: {httpEnabled: true}\n  proxy: {headers: xforwarded}\n  features: {enabled: [scim-api]}\n" +
			"  unsupported:\n    podTemplate:\n      spec:\n        terminationGracePeriodSeconds: 45\n        containers:\n          - name: keycloak\n          " +
			indent(containers, 10) + "\n        volumes:\n          " + indent(volumes, 10) + "\n",
	}
}

func TestSidecarSnippets(t *testing.T) {
	containers, volumes := sidecarOf(t, ciFiles(t)["sidecar"])
	for name, text := range snippets(containers, volumes) {
		golden(t, filepath.Join("sidecar", name), []byte(text))
	}
}

// The notes print what the named templates make.
func TestSidecarNotes(t *testing.T) {
	values := ciFiles(t)["sidecar"]
	containers, volumes := sidecarOf(t, values)
	files, err := render(loadChart(t, chartDir), values)
	if err != nil {
		t.Fatal(err)
	}
	if notes := files["keycloak-scim-proxy/templates/NOTES.txt"]; !strings.Contains(notes, containers) || !strings.Contains(notes, volumes) {
		t.Errorf("the notes are\n%s", notes)
	}
}

// pods returns the pod of Keycloak that each snippet makes, as its chart or the operator does.
func pods(t *testing.T) map[string]core.PodSpec {
	t.Helper()
	own := core.Container{Name: "keycloak"}
	lists := strict[struct {
		ExtraContainers []core.Container `json:"extraContainers"`
		ExtraVolumes    []core.Volume    `json:"extraVolumes"`
	}](t, readText(t, "sidecar/list-values.yaml"))
	operator := strict[struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       struct {
			Instances   int            `json:"instances"`
			Hostname    map[string]any `json:"hostname"`
			HTTP        map[string]any `json:"http"`
			Proxy       map[string]any `json:"proxy"`
			Features    map[string]any `json:"features"`
			Unsupported struct {
				PodTemplate core.PodTemplateSpec `json:"podTemplate"`
			} `json:"unsupported"`
		} `json:"spec"`
	}](t, readText(t, "sidecar/operator-keycloak.yaml"))
	return map[string]core.PodSpec{
		"list":     {Containers: append([]core.Container{own}, lists.ExtraContainers...), Volumes: lists.ExtraVolumes},
		"string":   stringChart(t),
		"operator": operator.Spec.Unsupported.PodTemplate.Spec,
	}
}

// stringChart renders a chart that reads its values as the charts with texts do.
func stringChart(t *testing.T) core.PodSpec {
	t.Helper()
	c := &chart.Chart{
		Metadata: &chart.Metadata{APIVersion: "v2", Name: "keycloakx", Version: "1.0.0"},
		Templates: []*common.File{{Name: "templates/pod.yaml", Data: []byte(`
containers:
  - name: keycloak
  {{- with .Values.extraContainers }}
  {{- tpl . $ | nindent 2 }}
  {{- end }}
volumes:
  {{- with .Values.extraVolumes }}
  {{- tpl . $ | nindent 2 }}
  {{- end }}
`)}},
	}
	files, err := render(c, readValues(t, readText(t, "sidecar/string-values.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	return strict[core.PodSpec](t, files["keycloakx/templates/pod.yaml"])
}

// In each pod Keycloak's container is the first one, all refer to what exists, no port is used
// twice, and the sidecar is the one of the chart.
func TestSidecarPods(t *testing.T) {
	values := ciFiles(t)["sidecar"]
	all := manifests(t, values)
	containers, _ := sidecarOf(t, values)
	want := strict[[]core.Container](t, containers)[0]
	for name, p := range pods(t) {
		t.Run(name, func(t *testing.T) {
			if len(p.Containers) != 2 || !cmp.Equal(p.Containers[0], core.Container{Name: "keycloak"}) {
				t.Fatalf("%d containers, the first one is %+v", len(p.Containers), p.Containers[0])
			}
			sidecar := p.Containers[1]
			if diff := cmp.Diff(want, sidecar); diff != "" {
				t.Error(diff)
			}
			if wrong := restrictedContainer(sidecar); len(wrong) > 0 {
				t.Errorf("%q", wrong)
			}
			if sidecar.ReadinessProbe != nil {
				t.Error("a store that is down would make Keycloak unready")
			}
			if sidecar.SecurityContext.RunAsUser == nil {
				t.Error("the pod of Keycloak would choose the user")
			}
			references{t, all, readText(t, chartDir+"/ci/sidecar-values.yaml")}.pod(p)
			for _, port := range sidecar.Ports {
				for _, taken := range keycloakPorts {
					if port.ContainerPort == taken {
						t.Errorf("port %d is Keycloak's", taken)
					}
				}
			}
			service := one[*core.Service](t, all)
			if !hasPort(p, service.Spec.Ports[0].TargetPort) {
				t.Errorf("the Service leads to %s", service.Spec.Ports[0].TargetPort.String())
			}
		})
	}
	for _, m := range all {
		if m.kind != "ConfigMap" && m.kind != "Service" && m.kind != "HTTPRoute" {
			t.Errorf("the mode sidecar renders a %s", m.kind)
		}
	}
	config := strict[map[string]any](t, find[*core.ConfigMap](all)[0].Data["config.yaml"])
	if url := config["keycloak"].(map[string]any)["url"]; url != fmt.Sprintf("http://127.0.0.1:%d", keycloakPorts[0]) {
		t.Errorf("the sidecar calls %s", url)
	}
}
