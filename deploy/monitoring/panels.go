package monitoring

import "fmt"

type (
	// row is a title with charts below it.
	row struct {
		title  string
		charts []chart
	}
	// chart is a panel with lines over time, or a table of the present.
	chart struct {
		title, text string
		unit        string // of Grafana: s, reqps, short, percentunit, bytes
		width       int    // of 24 columns
		table       bool
		queries     []query
	}
	query struct{ expr, legend string }
)

// The labels by which series are chosen.
const (
	ofJob    = `job=~"$job"`
	ofTenant = ofJob + `,realm=~"$realm",tenant=~"$tenant"`
)

// rate is the sum of counters per second, by labels.
func rate(metric, by string) string {
	return fmt.Sprintf(`sum by (%s) (rate(%s[$__rate_interval]))`, by, metric)
}

// quantiles are the median and the 99th percentile of a histogram, by one label.
func quantiles(metric, by string) []query {
	of := func(q string) string { return fmt.Sprintf(`histogram_quantile(%s, %s)`, q, rate(metric, "le, "+by)) }
	return []query{{of("0.5"), "{{" + by + "}} p50"}, {of("0.99"), "{{" + by + "}} p99"}}
}

// mean is the mean of a histogram, by one label.
func mean(name, labels, by string) query {
	return query{fmt.Sprintf(`%s / %s`, rate(name+"_sum{"+labels+"}", by), rate(name+"_count{"+labels+"}", by)), "{{" + by + "}}"}
}

func one(expr, legend string) []query { return []query{{expr, legend}} }

const seconds = "scim_request_duration_seconds"

var rows = []row{
	{"Traffic and errors", []chart{
		{title: "Requests by tenant", unit: "reqps", width: 8, queries: one(rate(seconds+"_count{"+ofTenant+"}", "tenant"), "{{tenant}}")},
		{title: "Requests by status", unit: "reqps", width: 8, queries: one(rate(seconds+"_count{"+ofTenant+"}", "status"), "{{status}}")},
		{
			title: "Share of errors by tenant", text: "5xx, without 501, of all requests without 429: as the alerts count.", unit: "percentunit", width: 8,
			queries: one(rate(seconds+`_count{`+ofTenant+`,status=~"5..",status!="501"}`, "tenant")+" / "+rate(seconds+`_count{`+ofTenant+`,status!="429"}`, "tenant"), "{{tenant}}"),
		},
		{title: "Requests by call", unit: "reqps", width: 8, queries: one(rate(seconds+"_count{"+ofTenant+"}", "call"), "{{call}}")},
		{title: "Rules of the dialect that changed a request", unit: "reqps", width: 8, queries: one(rate("scim_rules_fired_total{"+ofTenant+"}", "idp, rule"), "{{idp}} {{rule}}")},
		{title: "Requests with an old token", text: "The token has expired or is revoked.", unit: "reqps", width: 8, queries: one(rate("scim_token_refusals_total{"+ofTenant+"}", "tenant, key, reason"), "{{tenant}} {{key}} {{reason}}")},
	}},
	{"Latency", []chart{
		{title: "Duration by call", unit: "s", width: 12, queries: quantiles(seconds+"_bucket{"+ofTenant+"}", "call")},
		{title: "Duration by tenant", unit: "s", width: 12, queries: quantiles(seconds+"_bucket{"+ofTenant+`,call!="passthrough"}`, "tenant")},
		{title: "Calls of a layer", text: "Each with the layers below it.", unit: "s", width: 12, queries: quantiles("scim_layer_duration_seconds_bucket{"+ofJob+"}", "layer")},
		{title: "Time in each layer per second", text: "Seconds that all requests spend in a layer and those below it, per second.", unit: "s", width: 12, queries: one(rate("scim_layer_duration_seconds_sum{"+ofJob+"}", "layer"), "{{layer}}")},
	}},
	{"Keycloak and store", []chart{
		{title: "Duration of calls to Keycloak", unit: "s", width: 8, queries: quantiles("scim_keycloak_request_duration_seconds_bucket{"+ofJob+"}", "api")},
		{title: "Calls to Keycloak", unit: "reqps", width: 8, queries: one(rate("scim_keycloak_request_duration_seconds_count{"+ofJob+"}", "api"), "{{api}}")},
		{title: "Calls to Keycloak per request", unit: "short", width: 8, queries: []query{mean("scim_request_keycloak_calls", ofJob, "call")}},
		{title: "Duration of operations of the store", unit: "s", width: 8, queries: quantiles("scim_store_operation_duration_seconds_bucket{"+ofJob+"}", "operation")},
		{title: "Operations of the store", unit: "ops", width: 8, queries: one(rate("scim_store_operation_duration_seconds_count{"+ofJob+"}", "operation"), "{{operation}}")},
		{title: "Size of the store", unit: "bytes", width: 8, queries: []query{
			{`max by (job) (scim_store_size_bytes{` + ofJob + `})`, "used"},
			{`max by (job) (scim_store_limit_bytes{` + ofJob + `})`, "limit"},
		}},
		{title: "Look-ups by index", text: "hit: found. miss: the index proves that there is none. asked: Keycloak had to be asked.", unit: "ops", width: 8, queries: one(rate("scim_index_lookups_total{"+ofJob+"}", "index, result"), "{{index}} {{result}}")},
		{title: "Indexes that are complete", text: "1 if look-ups that find none ask no one.", unit: "short", width: 8, queries: one(`min by (realm, index) (scim_index_complete{`+ofJob+`,realm=~"$realm"})`, "{{realm}} {{index}}")},
		{title: "Differences between the two APIs", unit: "short", width: 8, queries: one(`sum(increase(scim_read_differences_total{`+ofJob+`}[$__rate_interval]))`, "differences")},
	}},
	{"Tenants", []chart{
		{title: "Tenants that do not work", text: "By cause: docs/operations.md.", unit: "short", width: 8, table: true, queries: one(`max by (tenant, realm, cause) (scim_tenant_fault{`+ofTenant+`})`, "")},
		{title: "Tenants that work", text: "Of those of which it is known.", unit: "short", width: 8, queries: []query{
			{`sum(min by (tenant, realm) (scim_tenant_works{` + ofTenant + `}))`, "work"},
			{`sum(max by (tenant, realm) (scim_tenant_live{` + ofTenant + `}) == bool 0)`, "are staged"},
			{`sum(min by (tenant, realm) (scim_tenant_works{` + ofTenant + `}) == bool 0)`, "do not work"},
		}},
		{title: "Time since the last check", unit: "s", width: 8, queries: one(`time() - min by (tenant) (scim_tenant_checked_timestamp_seconds{`+ofTenant+`})`, "{{tenant}}")},
		{title: "Tokens: time until they expire", unit: "s", width: 8, table: true, queries: one(`min by (tenant, realm, key) (scim_token_expires_in_seconds{`+ofTenant+`})`, "")},
		{title: "Tokens: time since the last use", unit: "s", width: 8, table: true, queries: one(`time() - max by (tenant, realm, key) (scim_token_last_used_timestamp_seconds{`+ofTenant+`})`, "")},
		{title: "Required attributes that moved", unit: "short", width: 8, table: true, queries: one(`max by (tenant, realm, attribute) (scim_tenant_required_attribute_moved{`+ofTenant+`})`, "")},
		{title: "Guards that hold changes, or are released", text: "1 is yes: docs/guard.md.", unit: "short", width: 8, queries: []query{
			{`max by (tenant) (scim_guard_holding{` + ofTenant + `})`, "{{tenant}} holds"},
			{`max by (tenant) (scim_guard_released{` + ofTenant + `})`, "{{tenant}} released"},
		}},
		{title: "Changes that guards held", unit: "short", width: 8, queries: one(`sum by (tenant, kind) (increase(scim_guard_refusals_total{`+ofTenant+`}[$__rate_interval]))`, "{{tenant}} {{kind}}")},
		{title: "Free groups in the pool", unit: "short", width: 8, queries: []query{
			{`min by (tenant) (scim_tenant_pool_free{` + ofTenant + `})`, "{{tenant}} free"},
			{`max by (tenant) (scim_tenant_pool_groups{` + ofTenant + `})`, "{{tenant}} all"},
		}},
		{title: "Users of several tenants", unit: "short", width: 8, queries: one(`max by (tenant) (scim_tenant_shared_users{`+ofTenant+`})`, "{{tenant}}")},
		{title: "Users changed beside the proxy", text: "As the last walk of drift.every has found.", unit: "short", width: 8, queries: one(`max by (tenant) (scim_drift_users{`+ofJob+`,tenant=~"$tenant"})`, "{{tenant}}")},
		{title: "Files of tenants that are wrong", unit: "short", width: 8, queries: one(`max(scim_tenant_files_wrong{`+ofJob+`})`, "files")},
	}},
	{"Limits and queues", []chart{
		{title: "Requests above the limits of their caller", unit: "reqps", width: 8, queries: one(rate("scim_limited_requests_total{"+ofTenant+"}", "tenant, reason"), "{{tenant}} {{reason}}")},
		{title: "Calls to Keycloak that run and wait", unit: "short", width: 8, queries: []query{
			{`sum(scim_keycloak_calls_running{` + ofJob + `})`, "run"},
			{`sum(scim_keycloak_calls_waiting{` + ofJob + `})`, "wait"},
		}},
		{title: "Lines of the audit log that were lost", unit: "short", width: 8, queries: one(`sum(increase(scim_audit_lines_lost_total{`+ofJob+`}[$__rate_interval]))`, "lines")},
		{title: "Entries of the journal without an outcome", unit: "short", width: 8, queries: []query{
			{`sum(scim_journal_open_entries{` + ofJob + `})`, "open"},
			{`sum(scim_journal_outcomes_waiting{` + ofJob + `})`, "wait"},
			{`sum(increase(scim_journal_outcomes_lost_total{` + ofJob + `}[$__rate_interval]))`, "lost"},
		}},
		{title: "Errors of connections", text: "Handshakes that failed, and requests that panicked.", unit: "short", width: 8, queries: one(`sum by (kind) (increase(scim_connection_errors_total{`+ofJob+`}[$__rate_interval]))`, "{{kind}}")},
	}},
	{"Events", []chart{
		{title: "Events that wait", unit: "short", width: 8, queries: one(`max by (receiver) (scim_events_pending{`+ofJob+`})`, "{{receiver}}")},
		{title: "Age of the oldest event", unit: "s", width: 8, queries: one(`max by (receiver) (scim_events_oldest_seconds{`+ofJob+`})`, "{{receiver}}")},
		{title: "Events that could not be delivered", unit: "short", width: 8, queries: []query{
			{`max by (receiver) (scim_events_dead{` + ofJob + `})`, "{{receiver}}"},
			{`sum by (receiver) (increase(scim_events_buried_total{` + ofJob + `}[$__rate_interval]))`, "{{receiver}} given up"},
			{`sum(increase(scim_events_undelivered_total{` + ofJob + `}[$__rate_interval]))`, "deleted by the journal"},
		}},
		{title: "Requests to webhooks", text: "By what became of them: docs/operations.md.", unit: "reqps", width: 12, queries: one(rate("scim_events_requests_total{"+ofJob+"}", "receiver, result"), "{{receiver}} {{result}}")},
		{title: "Polls of receivers", unit: "reqps", width: 12, queries: one(rate("scim_events_polls_total{"+ofJob+"}", "receiver, result"), "{{receiver}} {{result}}")},
	}},
	{"Process", []chart{
		{title: "Ready, and circuit to Keycloak open", text: "1 is yes.", unit: "short", width: 8, queries: []query{
			{`min by (instance) (scim_ready{` + ofJob + `})`, "{{instance}} ready"},
			{`max by (instance) (scim_keycloak_circuit_open{` + ofJob + `})`, "{{instance}} circuit open"},
		}},
		{title: "Processor time", text: "Cores in use.", unit: "short", width: 8, queries: one(rate("process_cpu_seconds_total{"+ofJob+"}", "instance"), "{{instance}}")},
		{title: "Memory", unit: "bytes", width: 8, queries: []query{
			{`sum by (instance) (process_resident_memory_bytes{` + ofJob + `})`, "{{instance}} resident"},
			{`sum by (instance) (go_memstats_heap_inuse_bytes{` + ofJob + `})`, "{{instance}} heap"},
		}},
		{title: "Goroutines", unit: "short", width: 8, queries: one(`sum by (instance) (go_goroutines{`+ofJob+`})`, "{{instance}}")},
		{title: "Open files", unit: "short", width: 8, queries: []query{
			{`sum by (instance) (process_open_fds{` + ofJob + `})`, "{{instance}} open"},
			{`sum by (instance) (process_max_fds{` + ofJob + `})`, "{{instance}} limit"},
		}},
		{title: "Versions", text: "More than one during an update.", unit: "short", width: 8, table: true, queries: one(`count by (version, revision, goversion) (scim_build_info{`+ofJob+`})`, "")},
	}},
}
