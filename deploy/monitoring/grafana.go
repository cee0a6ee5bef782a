package monitoring

import (
	"encoding/json"
	"fmt"
)

// These types are the members of a dashboard of Grafana (schema version 41) that this package sets.
type (
	dashboard struct {
		UID           string    `json:"uid"`
		Title         string    `json:"title"`
		SchemaVersion int       `json:"schemaVersion"`
		Tags          []string  `json:"tags"`
		Time          span      `json:"time"`
		Refresh       string    `json:"refresh"`
		Templating    variables `json:"templating"`
		Panels        []panel   `json:"panels"`
	}
	span struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	variables struct {
		List []variable `json:"list"`
	}
	variable struct {
		Name       string  `json:"name"`
		Type       string  `json:"type"`
		Query      string  `json:"query"`
		Datasource *source `json:"datasource,omitempty"`
		Refresh    int     `json:"refresh,omitempty"`
		Sort       int     `json:"sort,omitempty"`
		Multi      bool    `json:"multi,omitempty"`
		IncludeAll bool    `json:"includeAll,omitempty"`
		AllValue   string  `json:"allValue,omitempty"`
		Current    any     `json:"current,omitempty"`
	}
	source struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	panel struct {
		ID          int       `json:"id"`
		Type        string    `json:"type"`
		Title       string    `json:"title"`
		Description string    `json:"description,omitempty"`
		GridPos     position  `json:"gridPos"`
		Datasource  *source   `json:"datasource,omitempty"`
		FieldConfig *fields   `json:"fieldConfig,omitempty"`
		Options     any       `json:"options,omitempty"`
		Targets     []target  `json:"targets,omitempty"`
		Collapsed   *bool     `json:"collapsed,omitempty"`
		Panels      *[0]panel `json:"panels,omitempty"`
	}
	position struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	}
	fields struct {
		Defaults  field    `json:"defaults"`
		Overrides []string `json:"overrides"`
	}
	field struct {
		Unit string   `json:"unit"`
		Min  *float64 `json:"min,omitempty"`
	}
	target struct {
		RefID        string `json:"refId"`
		Expr         string `json:"expr"`
		LegendFormat string `json:"legendFormat,omitempty"`
		Format       string `json:"format,omitempty"`
		Instant      bool   `json:"instant,omitempty"`
	}
)

var prometheus = &source{Type: "prometheus", UID: "${datasource}"}

// Dashboard returns the dashboard of the chart as JSON.
func Dashboard() ([]byte, error) {
	d := dashboard{
		UID: "keycloak-scim-proxy", Title: "keycloak-scim-proxy", SchemaVersion: 41, Tags: []string{"scim", "keycloak"},
		Time: span{"now-6h", "now"}, Refresh: "1m",
		Templating: variables{[]variable{
			{Name: "datasource", Type: "datasource", Query: "prometheus"},
			values("job", `label_values(scim_build_info, job)`, ".+"),
			values("realm", `label_values(scim_request_duration_seconds_count{job=~"$job"}, realm)`, ".*"),
			values("tenant", `label_values(scim_request_duration_seconds_count{job=~"$job",realm=~"$realm"}, tenant)`, ".*"),
		}},
		Panels: arrange(rows),
	}
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}

// values is a variable with the values of a label, of which one, several or all are chosen. all is
// the regular expression of all: .* also matches series without the label, such as forwarded
// requests.
func values(name, query, all string) variable {
	return variable{
		Name: name, Type: "query", Query: query, Datasource: prometheus, Refresh: 2, Sort: 1, Multi: true, IncludeAll: true, AllValue: all,
		Current: map[string]string{"text": "All", "value": "$__all"},
	}
}

const (
	columns = 24
	high    = 8
)

// arrange gives each panel an id and a place: as many beside each other as fit.
func arrange(rows []row) (all []panel) {
	y := 0
	for _, r := range rows {
		open := false
		all = append(all, panel{ID: len(all) + 1, Type: "row", Title: r.title, GridPos: position{0, y, columns, 1}, Collapsed: &open, Panels: &[0]panel{}})
		y++
		x := 0
		for _, c := range r.charts {
			if x+c.width > columns {
				x, y = 0, y+high
			}
			all = append(all, c.panel(len(all)+1, position{x, y, c.width, high}))
			x += c.width
		}
		y += high
	}
	return all
}

// panel is a chart as Grafana reads it.
func (c chart) panel(id int, at position) panel {
	zero := 0.0
	p := panel{
		ID: id, Type: "timeseries", Title: c.title, Description: c.text, GridPos: at, Datasource: prometheus,
		FieldConfig: &fields{field{Unit: c.unit, Min: &zero}, []string{}},
		Options:     map[string]any{"legend": map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true}, "tooltip": map[string]any{"mode": "multi", "sort": "desc"}},
	}
	if c.table {
		p.Type, p.Options, p.FieldConfig.Defaults.Min = "table", nil, nil
	}
	for i, q := range c.queries {
		t := target{RefID: fmt.Sprintf("%c", 'A'+i), Expr: q.expr, LegendFormat: q.legend}
		if c.table {
			t.Format, t.Instant = "table", true
		}
		p.Targets = append(p.Targets, t)
	}
	return p
}
