// Package onboardcmd has the commands that work with tenants in Keycloak: add, plan, groups, remove
// with an administrator's credentials, and check with the account of each tenant.
//
// An administrator's password comes from a file, the environment or a prompt. It is never stored,
// and never on the command line.
package onboardcmd
