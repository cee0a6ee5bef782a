// Package tenantcmd has the commands that work with the files of tenants, and need no Keycloak:
// token, rotate, revoke, list and show.
//
// A command reads only the place of the files and the URL from the main file, so that it works
// where a secret of the server is missing, or another tenant's file is bad; the problems are
// warnings on standard error. Standard output has a new token, or the answer, and nothing else.
package tenantcmd
