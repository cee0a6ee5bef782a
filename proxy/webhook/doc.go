// Package webhook posts signed messages to the URLs of receivers.
//
//	Sender    sends one message, and says what became of it   (webhook.go)
//	Notifier  sends events that nothing keeps, a few times    (notifier.go)
package webhook
