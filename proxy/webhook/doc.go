// Package webhook posts events to a URL, signed with a secret that the receiver knows too. It knows
// no event, and no caller waits for it.
package webhook
