// Package outbox finds the events that receivers have not got, in the journals of all scopes of a
// store, for the deliverers and for commands. It sends nothing.
package outbox
