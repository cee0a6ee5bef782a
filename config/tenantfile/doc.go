// Package tenantfile creates, changes and removes the files of tenants, for the commands that work
// with tenants.
//
// A change keeps comments, order and layout of the file. It is validated as the proxy reads it, and
// refused if it would add a problem; then the whole file is replaced at once, so that a process
// that is killed, or a machine that stops, leaves the old or the new file. Changes in one directory
// are serialised between processes. The files are readable as text, and may be kept in version
// control. This package must not know Keycloak, or how tokens are made.
package tenantfile
