// Package democmd runs the proxy with a realm, tenants and tokens of its own, in front of a
// Keycloak that it starts or of one that runs already. It is for trying the program out.
package democmd
