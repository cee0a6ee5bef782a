package monitoring_test

import "time"

const (
	minute = time.Minute
	hour   = time.Hour
)

// firing is series on which an alert fires, or must not.
type firing struct {
	alert string
	// step is the time between two samples, and between two evaluations; a minute if 0.
	step time.Duration
	// series are lines of the notation of Prometheus' own tests, with {@ for the labels of a scrape.
	series string
	// The alert fires from the first time until before the second one. Both 0: it must not fire.
	from, to time.Duration
	// labels of the alert beside its name, its severity and the labels of a scrape.
	labels string
	// also are other alerts that fire on these series.
	also []string
}

const acme = `realm="saas", tenant="acme"`

// requests is the counter of requests, with more labels and values.
func requests(labels, values string) string {
	return "scim_request_duration_seconds_count{@," + labels + "} " + values + "\n"
}

var budgetCases = []firing{
	// A third of the requests fail for an hour, which is 6% of the known past after 9 minutes. It
	// ends when the window of 30 minutes is good again, 26 minutes later, and another 45 minutes.
	// Many more requests above its rate do not make the share smaller.
	{
		alert: "ScimErrorsFast", from: 69 * minute, to: 191 * minute, labels: acme, also: []string{"ScimErrorsSlow"},
		series: requests(`tenant="acme",realm="saas",call="get",status="200"`, "0+10x300") +
			requests(`tenant="acme",realm="saas",call="patch",status="500"`, "0x60 5+5x59 300x180") +
			requests(`tenant="acme",realm="saas",call="create",status="429"`, "0+1000x300"),
	},
	// A quiet tenant: one error of two requests. One that is staged, one that asks for /Me, and
	// forwarded requests and unknown callers: these are not errors of a tenant.
	{alert: "ScimErrorsFast", series: quiet("0+10x300")},
	// 1 of 41 requests fails for 8 hours. It fires with the tenth error, and ends when less than 1%
	// of the last six hours failed.
	{
		alert: "ScimErrorsSlow", step: 5 * minute, from: 110 * minute, to: 820 * minute, labels: acme,
		series: requests(`tenant="acme",realm="saas",call="get",status="200"`, "0+40x200") +
			requests(`tenant="acme",realm="saas",call="get",status="503"`, "0x12 1+1x99 100x90"),
	},
	// One error in 200 requests is within the budget.
	{
		alert: "ScimErrorsSlow", step: 5 * minute,
		series: requests(`tenant="acme",realm="saas",call="get",status="200"`, "0+199x150") +
			requests(`tenant="acme",realm="saas",call="get",status="500"`, "0+1x150"),
	},
	{alert: "ScimErrorsSlow", step: 5 * minute, series: quiet("0+10x300")},
	// All requests take longer than three seconds for an hour.
	{
		alert: "ScimSlow", from: 86 * minute, to: 186 * minute, labels: acme,
		series: requests(`tenant="acme",realm="saas",call="get",status="200"`, "0+10x300") +
			`scim_request_duration_seconds_bucket{@,tenant="acme",realm="saas",call="get",status="200",le="3.0517578125"} 0+10x60 600x59 610+10x180`,
	},
	// Bulk requests may be slow, errors are counted as such, and one slow request of two is nothing.
	{
		alert: "ScimSlow",
		series: requests(`tenant="acme",realm="saas",call="bulk",status="200"`, "0+10x300") +
			`scim_request_duration_seconds_bucket{@,tenant="acme",realm="saas",call="bulk",status="200",le="3.0517578125"} 0x300
			scim_request_duration_seconds_bucket{@,tenant="acme",realm="saas",call="get",status="504",le="3.0517578125"} 0x300
			scim_request_duration_seconds_bucket{@,tenant="acme",realm="saas",call="list",status="200",le="3.0517578125"} 0x30 1x270
			` +
			requests(`tenant="acme",realm="saas",call="get",status="504"`, "0+10x300") +
			requests(`tenant="acme",realm="saas",call="list",status="200"`, "0x30 2x270"),
	},
	// Keycloak answers no forwarded request for 20 minutes.
	{
		alert: "ScimPassthroughFails", from: 36 * minute, to: 59 * minute,
		series: requests(`tenant="",realm="",call="passthrough",status="200"`, "0+100x30 3100x19 3200+100x60") +
			requests(`tenant="",realm="",call="passthrough",status="502"`, "0x30 100+100x19 2000x60"),
	},
	// Keycloak's own errors are passed on; 5 lost requests of 10 in a night are not an alert.
	{
		alert: "ScimPassthroughFails",
		series: requests(`tenant="",realm="",call="passthrough",status="500"`, "0+100x120") +
			requests(`tenant="",realm="",call="passthrough",status="504"`, "0x30 5x60"),
	},
}

// quiet is requests that no alert on errors may fire for.
func quiet(many string) string {
	return requests(`tenant="quiet",realm="saas",call="get",status="200"`, "0x30 1x270") +
		requests(`tenant="quiet",realm="saas",call="get",status="500"`, "0x40 1x260") +
		requests(`tenant="staged",realm="saas",call="create",status="429"`, many) +
		requests(`tenant="staged",realm="saas",call="get",status="200"`, "0x30 1x270") +
		requests(`tenant="me",realm="saas",call="get",status="501"`, many) +
		requests(`tenant="",realm="",call="get",status="503"`, many) +
		requests(`tenant="",realm="",call="passthrough",status="502"`, many)
}
