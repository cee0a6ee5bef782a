package monitoring_test

var proxyCases = []firing{
	{alert: "ScimProxyAbsent", series: "scim_build_info{@} 1x9 stale _x19 1x30", from: 15 * minute, to: 30 * minute},
	{alert: "ScimProxyAbsent", series: "scim_build_info{@} 1x9 stale _x3 1x22\nup{@} 0x36"},
	{
		alert: "ScimNoneReady", from: 12 * minute, to: 30 * minute, also: []string{"ScimNotReady"},
		series: "scim_ready{@} 1x9 0x19 1x30\nscim_ready{@b} 0x60",
	},
	{alert: "ScimNoneReady", series: "scim_ready{@} 0x60\nscim_ready{@b} 1x60"},
	{alert: "ScimNotReady", series: "scim_ready{@} 1x9 0x19 1x30\nscim_ready{@b} 1x60", from: 15 * minute, to: 30 * minute, labels: `instance="10.0.0.1:9090"`},
	{alert: "ScimNotReady", series: "scim_ready{@} 1x9 0x3 1x30"},
	{alert: "ScimTenantFilesWrong", series: "scim_tenant_files_wrong{@} 0x9 2x19 0x30", from: 20 * minute, to: 30 * minute},
	{alert: "ScimTenantFilesWrong", series: "scim_tenant_files_wrong{@} 0x9 2x3 0x30"},
	{alert: "ScimStoreNearlyFull", series: "scim_store_size_bytes{@} 70e6x9 85e6x29 70e6x30\nscim_store_limit_bytes{@} 100e6x70", from: 25 * minute, to: 40 * minute},
	{alert: "ScimStoreNearlyFull", series: "scim_store_size_bytes{@} 85e6x70\nscim_store_size_bytes{@b} 85e6x70\nscim_store_limit_bytes{@b} 200e6x70"},
	{alert: "ScimStoreFull", series: "scim_store_size_bytes{@} 70e6x9 95e6x29 70e6x30\nscim_store_limit_bytes{@} 100e6x70", from: 15 * minute, to: 40 * minute},
	{alert: "ScimStoreFull", series: "scim_store_size_bytes{@} 94e6x70\nscim_store_limit_bytes{@} 100e6x70"},
	{alert: "ScimAuditLinesLost", series: "scim_audit_lines_lost_total{@} 0x9 3x100", from: 10 * minute, to: 69 * minute},
	{alert: "ScimAuditLinesLost", series: "scim_audit_lines_lost_total{@} 3x50 0x50"},
	{
		alert: "ScimEventsWaiting", from: 66 * minute, to: 100 * minute, labels: `receiver="siem"`,
		series: `scim_events_oldest_seconds{@,receiver="siem"} 0+60x99 0x30` + "\n" + `scim_events_oldest_seconds{@b,receiver="siem"} 0+60x99 0x30`,
	},
	{alert: "ScimEventsWaiting", series: `scim_events_oldest_seconds{@,receiver="siem"} 0+60x60 0x30`},
	{
		alert: "ScimEventsDead", from: 15 * minute, to: 30 * minute, labels: `receiver="siem"`,
		series: `scim_events_dead{@,receiver="siem"} 0x9 2x19 0x30` + "\n" + `scim_events_dead{@,receiver="crm"} 0x60`,
	},
	{alert: "ScimEventsDead", series: `scim_events_dead{@,receiver="siem"} 0x9 2x3 0x30`},
	{alert: "ScimEventsUndelivered", series: "scim_events_undelivered_total{@} 0x9 3x100", from: 10 * minute, to: 69 * minute},
	{alert: "ScimEventsUndelivered", series: "scim_events_undelivered_total{@} 3x50 0x50"},
	{alert: "ScimReadDifferences", series: "scim_read_differences_total{@} 0x9 1x100", from: 10 * minute, to: 69 * minute},
	{alert: "ScimReadDifferences", series: "scim_read_differences_total{@} 7x100"},
	{alert: "ScimKeycloakCircuitOpen", series: "scim_keycloak_circuit_open{@} 0x9 1x19 0x30\nscim_keycloak_circuit_open{@b} 0x60", from: 12 * minute, to: 30 * minute},
	{alert: "ScimKeycloakCircuitOpen", series: "scim_keycloak_circuit_open{@} 0x9 1x1 0x30"},
	{alert: "ScimKeycloakCallsWaiting", series: "scim_keycloak_calls_waiting{@} 0x9 20x29 0x30", from: 24 * minute, to: 40 * minute},
	{alert: "ScimKeycloakCallsWaiting", series: "scim_keycloak_calls_waiting{@} 0x3 500x3 0x3 500x3 0x3 500x3 0x3 500x8 0x3"},
	{
		alert: "ScimIndexIncomplete", from: 70 * minute, to: 100 * minute, labels: `realm="saas", index="identities"`,
		series: `scim_index_complete{@,realm="saas",index="identities"} 1x9 0x89 1x30`,
	},
	{alert: "ScimIndexIncomplete", series: `scim_index_complete{@,realm="saas",index="identities"} 0x50 1x60`},
}
