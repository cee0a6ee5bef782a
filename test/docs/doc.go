// Package docs tests the pages: links lead somewhere, and the walk-through in
// docs/getting-started.md works on a real Keycloak, as it is printed.
package docs
