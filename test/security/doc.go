// Package security attacks the program as a whole: a real Keycloak, a real Redis and a proxy
// between them. README.md lists every attack with the answer and the end state before and after
// it was closed.
package security
