// Package certifytest is a small SCIM server in memory for tests of package certify. It meets all
// requirements, and faults can be switched on.
package certifytest
