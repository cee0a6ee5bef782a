// Package webhook sends signed messages to one URL, and says what the answer means for a message.
package webhook
