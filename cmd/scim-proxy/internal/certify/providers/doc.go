// Package providers has the requests that Microsoft and Okta publish for tests of SCIM servers:
// those of Entra's SCIM validator and gallery requirements, and those of Okta's SPEC and CRUD
// tests. Requirements are what these tests expect of the answers.
package providers
