package helm_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	core "k8s.io/api/core/v1"
)

// Rules and dashboards use only metrics that docs/operations.md explains, and are rendered as they
// are in files: braces of Prometheus and Grafana are not templates of Helm.
func TestMetrics(t *testing.T) {
	page := readText(t, "../../docs/operations.md")
	all := manifests(t, ciFiles(t)["monitoring"])
	files, err := filepath.Glob(filepath.Join(chartDir, "files", "*", "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bscim_[a-z_]+`).FindAllString(string(text), -1) {
			name = regexp.MustCompile(`_(count|sum|bucket)$`).ReplaceAllString(name, "")
			if !strings.Contains(page, "`"+name+"`") {
				t.Errorf("%s: docs/operations.md does not explain %s", file, name)
			}
		}
	}
	for _, group := range one[*monitoring.PrometheusRule](t, all).Spec.Groups {
		for _, r := range group.Rules {
			if r.Alert != "" && (r.Annotations["summary"] == "" || r.Labels["severity"] == "") {
				t.Errorf("%s has no summary or no severity", r.Alert)
			}
			if tenant := r.Annotations["summary"]; strings.Contains(tenant, "Tenant") && !strings.Contains(tenant, "{{ $labels.tenant }}") {
				t.Errorf("%s: %s", r.Alert, tenant)
			}
		}
	}
	for _, c := range find[*core.ConfigMap](all) {
		for name, text := range c.Data {
			if filepath.Ext(name) == ".json" && !json.Valid([]byte(text)) {
				t.Errorf("%s is not JSON", name)
			}
		}
	}
}
