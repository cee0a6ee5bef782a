// Package events tells receivers about the changes that writes made (docs/events.md). An event has
// the names of attributes, and no value.
//
//	Events    all receivers, and what of them a journal needs   (events.go)
//	courier   sends the events of one webhook                   (courier.go, message.go)
//	poll      lets receivers ask for theirs (RFC 8936)          (poll.go, answer.go, token.go)
//	survey    how many events wait, for metrics                 (survey.go)
//
// The outbox is the journal: package outbox finds what is in it, and package webhook
// sends. An event leaves the outbox only after its receiver has got it, so each is delivered at
// least once.
package events
