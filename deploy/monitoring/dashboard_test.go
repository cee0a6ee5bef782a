package monitoring_test

import (
	"encoding/json"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"

	"keycloak-scim-proxy/deploy/monitoring"
)

// rendered are the members of a dashboard that the tests look at, as Grafana reads them.
type rendered struct {
	Templating struct {
		List []struct{ Name, Type, Query string }
	}
	Panels []struct {
		ID          int
		Type, Title string
		GridPos     struct{ X, Y, W, H int }
		Datasource  struct{ Type, UID string }
		FieldConfig struct{ Defaults struct{ Unit string } }
		Targets     []struct{ RefID, Expr, LegendFormat, Format string }
	}
}

func dashboard(t *testing.T) (d rendered) {
	t.Helper()
	text, err := monitoring.Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// variables replaces those of Grafana by the values that it puts into a query.
func variables(tenant string) *strings.Replacer {
	return strings.NewReplacer("$__rate_interval", "5m", "$job", "scim-keycloak-scim-proxy-metrics", "$realm", ".*", "$tenant", tenant)
}

var (
	legendLabel = regexp.MustCompile(`\{\{(\w+)\}\}`)
	labelValues = regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)
	anyVariable = regexp.MustCompile(`\$\w+`)
)

// Every query of every panel has data on the metrics that the real program has written, with the
// labels of its legend, and a query that is limited to a tenant has no other.
func TestDashboardHasData(t *testing.T) {
	data := newDatabase(t)
	for _, p := range dashboard(t).Panels {
		for _, q := range p.Targets {
			expr := variables(".*").Replace(q.Expr)
			if v := anyVariable.FindString(expr); v != "" {
				t.Errorf("%s: unknown variable %s", p.Title, v)
				continue
			}
			seen := 0
			for _, sample := range data.query(t, expr) {
				if !math.IsNaN(sample.F) {
					seen++
				}
				for _, l := range legendLabel.FindAllStringSubmatch(q.LegendFormat, -1) {
					if !sample.Metric.Has(l[1]) && l[1] != "tenant" && l[1] != "call" { // those of unknown callers have none
						t.Errorf("%s: %s has no label %s", p.Title, sample.Metric, l[1])
					}
				}
			}
			if seen == 0 {
				t.Errorf("%s: no data: %s", p.Title, expr)
			}
			for _, sample := range data.query(t, variables("globex").Replace(q.Expr)) {
				if tenant := sample.Metric.Get("tenant"); strings.Contains(q.Expr, "$tenant") && tenant != "" && tenant != "globex" {
					t.Errorf("%s: the tenant globex is chosen, and %s is shown", p.Title, tenant)
				}
			}
		}
	}
	for _, v := range dashboard(t).Templating.List {
		if v.Type == "datasource" {
			continue
		}
		query := labelValues.FindStringSubmatch(v.Query)
		if query == nil {
			t.Fatal(v.Query)
		}
		found := false
		for _, sample := range data.query(t, variables(".*").Replace(query[1])) {
			sample.Metric.Range(func(l labels.Label) { found = found || l.Name == query[2] })
		}
		if !found {
			t.Errorf("the variable %s has no values", v.Name)
		}
	}
}

// Panels have a unit, a data source, an id of their own and a place of their own.
func TestDashboardIsWellFormed(t *testing.T) {
	type cell struct{ x, y int }
	taken, ids, titles := map[cell]string{}, map[int]bool{}, map[string]bool{}
	for _, p := range dashboard(t).Panels {
		if p.ID == 0 || ids[p.ID] || titles[p.Title] {
			t.Errorf("%s: another panel has the id %d or the title", p.Title, p.ID)
		}
		ids[p.ID], titles[p.Title] = true, true
		if p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W == 0 || p.GridPos.H == 0 {
			t.Errorf("%s: %+v", p.Title, p.GridPos)
		}
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := cell{p.GridPos.X + x, p.GridPos.Y + y}
				if taken[at] != "" {
					t.Fatalf("%s overlaps %s", p.Title, taken[at])
				}
				taken[at] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.FieldConfig.Defaults.Unit == "" || p.Datasource.UID != "${datasource}" || p.Datasource.Type != "prometheus" || len(p.Targets) == 0 {
			t.Errorf("%s has no unit, no data source or no query", p.Title)
		}
		refs := map[string]bool{}
		for _, q := range p.Targets {
			if refs[q.RefID] || p.Type == "timeseries" && q.LegendFormat == "" || (p.Type == "table") != (q.Format == "table") {
				t.Errorf("%s: %+v", p.Title, q)
			}
			refs[q.RefID] = true
		}
	}
}

// Every metric that docs/operations.md explains is on the dashboard; helm.TestMetrics checks the
// opposite.
func TestDashboardIsComplete(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := monitoring.Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (`scim_[^|]*) \\|").FindAllStringSubmatch(string(page), -1) {
		for _, name := range regexp.MustCompile(`scim_\w+`).FindAllString(row[1], -1) {
			if name != "scim_keycloak_calls_total" && !strings.Contains(string(text), name) { // by the count of its histogram
				t.Errorf("no panel shows %s", name)
			}
		}
	}
}
