// Package onboardcmd has the commands that work with tenants in Keycloak with an administrator's
// credentials: plan, add, verify, adopt, groups and remove.
//
// An administrator's password comes from a file, the environment or a prompt. It is never stored,
// and never on the command line.
package onboardcmd
