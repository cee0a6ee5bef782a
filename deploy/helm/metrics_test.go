package helm_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	rules "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	core "k8s.io/api/core/v1"

	"keycloak-scim-proxy/deploy/internal/program"
	"keycloak-scim-proxy/deploy/monitoring"
)

// Rules and dashboards use only metrics that docs/operations.md explains.
func TestMetrics(t *testing.T) {
	page := readText(t, "../../docs/operations.md")
	files, err := filepath.Glob(filepath.Join(chartDir, "files", "*", "*"))
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		for _, name := range regexp.MustCompile(`(?:^|[^:\w])(scim_[a-z_]+)`).FindAllStringSubmatch(readText(t, file), -1) {
			metric := regexp.MustCompile(`_(count|sum|bucket)$`).ReplaceAllString(name[1], "")
			if !strings.Contains(page, "`"+metric+"`") {
				t.Errorf("%s: docs/operations.md does not explain %s", file, metric)
			}
		}
	}
}

// The dashboard of the chart is the one of the package monitoring, whose tests render it, and is in
// the ConfigMap as it is: braces of Grafana are not templates of Helm.
func TestDashboard(t *testing.T) {
	text, err := monitoring.Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join(chartDir, "files", "dashboards", "keycloak-scim-proxy.json"), text)
	for _, c := range find[*core.ConfigMap](manifests(t, ciFiles(t)["monitoring"])) {
		if got, ok := c.Data["keycloak-scim-proxy.json"]; ok && strings.TrimSpace(got) != strings.TrimSpace(string(text)) && !*update {
			t.Error("the ConfigMap has another text")
		}
	}
}

func alerts(t *testing.T, values map[string]any) (all []rules.Rule) {
	t.Helper()
	for _, group := range one[*rules.PrometheusRule](t, manifests(t, values)).Spec.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// Each alert has a severity, texts, and a section of docs/runbooks.md of its own, and there is no
// other section.
func TestRunbooks(t *testing.T) {
	page := readText(t, "../../docs/runbooks.md")
	sections := map[string]string{}
	for _, s := range strings.Split(page, "\n### ")[1:] {
		title, text, _ := strings.Cut(s, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		sections[title] = text
		for _, part := range []string{"Meaning", "Affected", "Look first", "Mend", "Clears"} {
			if strings.Count(text, "**"+part+"**") != 1 {
				t.Errorf("docs/runbooks.md: %s has no %s", title, part)
			}
		}
	}
	for _, r := range alerts(t, ciFiles(t)["monitoring"]) {
		if r.Alert == "" {
			continue
		}
		if _, ok := sections[r.Alert]; !ok {
			t.Errorf("docs/runbooks.md has no section %s", r.Alert)
		}
		delete(sections, r.Alert)
		// The anchor of a heading is its text in lower case.
		if want := "docs/runbooks.md#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want {
			t.Errorf("%s: %s, want %s", r.Alert, r.Annotations["runbook_url"], want)
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) || !strings.Contains(page, "`"+r.Labels["severity"]+"`") {
			t.Errorf("%s: severity %q", r.Alert, r.Labels["severity"])
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s has no summary or no description", r.Alert)
		}
		if s := r.Annotations["summary"]; strings.Contains(s, "Tenant") && !strings.Contains(s, "{{ $labels.tenant }}") {
			t.Errorf("%s: %s", r.Alert, s)
		}
	}
	for title := range sections {
		t.Errorf("docs/runbooks.md: there is no alert %s", title)
	}
}

// The commands in the texts of alerts exist, with their options.
func TestAlertCommands(t *testing.T) {
	text := readText(t, filepath.Join(chartDir, "files", "rules", "tenants.yaml"))
	seen := 0
	for _, c := range regexp.MustCompile("scim-proxy ((?:tenant [a-z]+|[a-z]+))((?: [^`\"\\n]*)?)").FindAllStringSubmatch(text, -1) {
		out, err := program.Run(t, append(strings.Fields(c[1]), "--help")...)
		if err != nil {
			t.Errorf("%s: %v\n%s", c[1], err, out)
		}
		for _, option := range regexp.MustCompile(`--[a-z-]+`).FindAllString(c[2], -1) {
			if !strings.Contains(out, option+" ") {
				t.Errorf("scim-proxy %s has no option %s", c[1], option)
			}
		}
		seen++
	}
	if seen < 5 {
		t.Errorf("%d commands", seen)
	}
}

// The values of the chart replace what the files have for all.
func TestRules(t *testing.T) {
	values := ciFiles(t)["monitoring"]
	values["metrics"].(map[string]any)["prometheusRule"] = readValues(t, `
enabled: true
disabled: [ScimIndexIncomplete, ScimPassthroughFails]
errorBudget: 0.002
slowBudget: 0.03
stagedFor: 3d
runbooks: https://wiki.example.com/scim
selector: job="scim",cluster="a"
`)
	budgets := map[string]int{}
	for _, r := range alerts(t, values) {
		expr := r.Expr.String()
		if strings.Contains(expr, "job=") && strings.Count(expr, `job="scim",cluster="a"`) != strings.Count(expr, "job=") {
			t.Errorf("%s%s selects other series: %s", r.Alert, r.Record, expr)
		}
		for _, budget := range []string{" * 0.002", " * 0.03", " * 0.01", " * 0.05"} {
			budgets[budget] += strings.Count(expr, budget)
		}
		switch r.Alert {
		case "":
			continue
		case "ScimIndexIncomplete", "ScimPassthroughFails":
			t.Errorf("%s is not left out", r.Alert)
		case "ScimTenantStaged":
			if *r.For != "3d" {
				t.Error(*r.For)
			}
		}
		if want := "https://wiki.example.com/scim#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want {
			t.Errorf("%s, want %s", r.Annotations["runbook_url"], want)
		}
	}
	if budgets[" * 0.002"] != 8 || budgets[" * 0.03"] != 4 || budgets[" * 0.01"]+budgets[" * 0.05"] != 0 {
		t.Error(budgets)
	}
}
