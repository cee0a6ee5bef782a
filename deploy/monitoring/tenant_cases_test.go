package monitoring_test

var tenantCases = []firing{
	{
		alert: "ScimTenantDoesNotWork", from: 15 * minute, to: 30 * minute, labels: acme + `, cause="secret"`,
		series: `scim_tenant_fault{@,tenant="acme",realm="saas",cause="secret"} _x10 1x19 stale _x30`,
	},
	// A fault of four minutes, and faults that have alerts of their own.
	{alert: "ScimTenantDoesNotWork", series: `scim_tenant_fault{@,tenant="acme",realm="saas",cause="secret"} _x10 1x3 stale _x30
		scim_tenant_fault{@,tenant="acme",realm="saas",cause="attributes"} 1x60
		scim_tenant_fault{@,tenant="acme",realm="saas",cause="excess"} 1x60`},
	{
		alert: "ScimTenantExcessRights", from: 10 * minute, to: 30 * minute, labels: acme,
		series: `scim_tenant_fault{@,tenant="acme",realm="saas",cause="excess"} _x10 1x19 stale _x30`,
	},
	{alert: "ScimTenantExcessRights", series: `scim_tenant_fault{@,tenant="acme",realm="saas",cause="role"} 1x60`},
	{
		alert: "ScimRequiredAttributeMoved", from: 10 * minute, to: 30 * minute, labels: acme + `, attribute="title"`,
		series: `scim_tenant_required_attribute_moved{@,tenant="acme",realm="saas",attribute="title"} _x10 1x19 stale _x30`,
	},
	{alert: "ScimRequiredAttributeMoved", series: `scim_tenant_fault{@,tenant="acme",realm="saas",cause="profile"} 1x60`},
	{
		alert: "ScimGuardHolds", from: 10 * minute, to: 30 * minute, labels: acme,
		series: `scim_guard_holding{@,tenant="acme",realm="saas"} 0x9 1x19 0x30
			scim_guard_holding{@b,tenant="acme",realm="saas"} 0x60`,
	},
	// The guard was released.
	{alert: "ScimGuardHolds", series: `scim_guard_holding{@,tenant="acme",realm="saas"} 0x60
		scim_guard_released{@,tenant="acme",realm="saas"} 1x60
		scim_guard_refusals_total{@,tenant="acme",realm="saas",kind="users"} 0+5x60`},
	{
		alert: "ScimTenantStaged", step: hour, from: 168 * hour, to: 201 * hour, labels: acme,
		series: `scim_tenant_live{@,tenant="acme",realm="saas"} 0x200 1x20
			scim_tenant_checked_timestamp_seconds{@,tenant="acme",realm="saas"} 0+3600x220`,
	},
	{alert: "ScimTenantStaged", step: hour, series: `scim_tenant_live{@,tenant="acme",realm="saas"} 0x160 1x100
		scim_tenant_live{@,tenant="globex",realm="saas"} 0x100
		scim_tenant_live{@b,tenant="globex",realm="saas"} 1x100`},
	// The last check was after an hour, and the next one five hours later.
	{
		alert: "ScimTenantUnchecked", step: 5 * minute, from: 245 * minute, to: 365 * minute, labels: acme,
		series: `scim_tenant_checked_timestamp_seconds{@,tenant="acme",realm="saas"} 0x11 3600x60 21900x20
			scim_tenant_live{@,tenant="acme",realm="saas"} 1x100`,
	},
	// One of two processes has never had a result.
	{
		alert: "ScimTenantUnchecked", from: 60 * minute, to: 100 * minute, labels: acme,
		series: `scim_tenant_live{@,tenant="acme",realm="saas"} 1x120
			scim_tenant_live{@b,tenant="acme",realm="saas"} 1x120
			scim_tenant_checked_timestamp_seconds{@,tenant="acme",realm="saas"} 0x120
			scim_tenant_checked_timestamp_seconds{@b,tenant="acme",realm="saas"} _x100 6000x20`,
	},
	// A check every hour, and one result after half an hour.
	{alert: "ScimTenantUnchecked", step: 5 * minute, series: `scim_tenant_live{@,tenant="acme",realm="saas"} 1x60
		scim_tenant_checked_timestamp_seconds{@,tenant="acme",realm="saas"} _x6 1800x11 5400x11 9000x11 12600x11 16200x11`},
	{
		alert: "ScimTokenExpiresSoon", step: hour, from: 26 * hour, to: 577 * hour, labels: acme + `, key="k1"`,
		also: []string{"ScimTokenExpiresThisWeek"},
		series: `scim_token_expires_in_seconds{@,tenant="acme",realm="saas",key="k1"} 2678400-3600x600
			scim_token_last_used_timestamp_seconds{@,tenant="acme",realm="saas",key="k1"} 0+3600x600`,
	},
	{
		alert: "ScimTokenExpiresThisWeek", step: hour, from: 26 * hour, to: 192 * hour, labels: acme + `, key="k1"`,
		also:   []string{"ScimTokenExpiresSoon"}, // before
		series: `scim_token_expires_in_seconds{@,tenant="acme",realm="saas",key="k1"} 691200-3600x250`,
	},
	// The old token after a rotation: it was last used four days ago.
	{alert: "ScimTokenExpiresSoon", step: hour, series: `scim_token_expires_in_seconds{@,tenant="acme",realm="saas",key="k1"} _x96 2000000-3600x100
		scim_token_last_used_timestamp_seconds{@,tenant="acme",realm="saas",key="k1"} 0x196`},
	{alert: "ScimTokenExpiresThisWeek", step: hour, series: `scim_token_expires_in_seconds{@,tenant="acme",realm="saas",key="k1"} _x96 500000-3600x100
		scim_token_last_used_timestamp_seconds{@,tenant="acme",realm="saas",key="k1"} 0x196
		scim_token_expires_in_seconds{@,tenant="acme",realm="saas",key="k2"} 3000000-3600x190
		scim_token_expires_in_seconds{@,tenant="acme",realm="saas",key="k3"} -3600-3600x190`},
	// A first refusal makes the series; the second one, 21 minutes later, is seen.
	{
		alert: "ScimOldTokenUsed", from: 31 * minute, to: 150 * minute, labels: acme + `, key="k1", reason="expired"`,
		series: `scim_token_refusals_total{@,tenant="acme",realm="saas",key="k1",reason="expired"} _x10 1x20 2x200`,
	},
	{alert: "ScimOldTokenUsed", series: `scim_token_refusals_total{@,tenant="acme",realm="saas",key="k1",reason="revoked"} 5x200`},
	{
		alert: "ScimPoolNearlyEmpty", from: 20 * minute, to: 30 * minute, labels: acme,
		series: `scim_tenant_pool_free{@,tenant="acme",realm="saas"} 20x9 2x19 20x19
			scim_tenant_pool_groups{@,tenant="acme",realm="saas"} 20x60`,
	},
	{
		alert: "ScimPoolNearlyEmpty", from: 20 * minute, to: 30 * minute, labels: acme,
		series: `scim_tenant_pool_free{@,tenant="acme",realm="saas"} 20x9 9x19 20x19
			scim_tenant_pool_groups{@,tenant="acme",realm="saas"} 100x60`,
	},
	{alert: "ScimPoolNearlyEmpty", series: `scim_tenant_pool_free{@,tenant="acme",realm="saas"} 3x60
		scim_tenant_pool_groups{@,tenant="acme",realm="saas"} 20x60
		scim_tenant_pool_free{@,tenant="globex",realm="saas"} 0x60
		scim_tenant_pool_groups{@,tenant="globex",realm="saas"} 20x60`},
	{
		alert: "ScimPoolEmpty", from: 10 * minute, to: 30 * minute, labels: acme,
		series: `scim_tenant_pool_free{@,tenant="acme",realm="saas"} 20x9 0x19 20x19`,
	},
	{alert: "ScimPoolEmpty", series: `scim_tenant_pool_free{@,tenant="acme",realm="saas"} 1x60`},
	{
		alert: "ScimSharedUsers", from: 25 * minute, to: 40 * minute, labels: acme,
		series: `scim_tenant_shared_users{@,tenant="acme",realm="saas"} _x10 2x29 0x30`,
	},
	{alert: "ScimSharedUsers", series: `scim_tenant_shared_users{@,tenant="acme",realm="saas"} 0x20 1x9 0x30`},
	{
		alert: "ScimDrift", from: 25 * minute, to: 40 * minute, labels: `tenant="acme"`,
		series: `scim_drift_users{@,tenant="acme"} _x10 2x29 0x30`,
	},
	{alert: "ScimDrift", series: `scim_drift_users{@,tenant="acme"} 0x20 1x9 0x30`},
	{
		alert: "ScimCallerLimited", from: 61 * minute, to: 113 * minute, labels: acme,
		series: `scim_limited_requests_total{@,tenant="acme",realm="saas",reason="rate"} 0+5x100 500x60
			` + requests(`tenant="acme",realm="saas",call="create",status="429"`, "0+5x100 500x60") +
			requests(`tenant="acme",realm="saas",call="create",status="201"`, "0+5x160"),
	},
	{alert: "ScimCallerLimited", series: `scim_limited_requests_total{@,tenant="acme",realm="saas",reason="concurrency"} 0+1x160
		` + requests(`tenant="acme",realm="saas",call="create",status="201"`, "0+19x160") +
		requests(`tenant="acme",realm="saas",call="create",status="429"`, "0+1x160")},
}
