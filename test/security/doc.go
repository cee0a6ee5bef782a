// Package security attacks the whole program: a proxy between a real Keycloak and a real Redis.
// README.md lists every attack, with its result before and after the fix.
package security
