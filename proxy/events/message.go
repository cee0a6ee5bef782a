package events

import (
	"encoding/json"
	"time"

	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/journal"
)

// maxMembers bounds each list of members in a message.
const maxMembers = 1000

// message is the body of a request to a webhook, which docs/events.md documents.
type message struct {
	ID         string    `json:"id"`
	Txn        string    `json:"txn"`
	Time       time.Time `json:"time"`
	Tenant     string    `json:"tenant"`
	Verb       string    `json:"verb"`
	Event      string    `json:"event"` // create, put, patch or delete
	Outcome    string    `json:"outcome"`
	Type       string    `json:"type"`
	Resource   string    `json:"resource"`
	Attributes []string  `json:"attributes"`
	Active     string    `json:"active,omitempty"`
	Added      []string  `json:"membersAdded,omitempty"`
	Removed    []string  `json:"membersRemoved,omitempty"`
	More       int       `json:"moreMembers,omitempty"`
	Undoes     string    `json:"undoes,omitempty"`
	Actor      actor     `json:"actor"`
}

type actor struct {
	Key      string `json:"key,omitempty"`
	Client   string `json:"client,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Operator string `json:"operator,omitempty"`
}

// noticeOf is the notice of an entry. Entries in an outbox have one.
func noticeOf(e journal.Entry) journal.Notice {
	n := journal.Notice{Kind: journal.KindPatch}
	if e.Notice != nil {
		n = *e.Notice
	}
	if n.Attributes == nil {
		n.Attributes = []string{}
	}
	return n
}

// bodyOf makes the message of an entry.
func bodyOf(space, receiver string, e journal.Entry) ([]byte, error) {
	n := noticeOf(e)
	m := message{
		ID: outbox.ID(space, e.ID, receiver), Txn: e.Request, Time: e.Ended, Tenant: e.Tenant, Verb: e.Verb, Event: n.Kind, Outcome: string(e.State),
		Type: string(e.Type), Resource: e.Target, Attributes: n.Attributes, Active: n.Active, Undoes: e.Undoes,
		Actor: actor{e.Key, e.Client, e.Subject, e.Operator},
	}
	m.Added, m.Removed = e.Added[:min(len(e.Added), maxMembers)], e.Removed[:min(len(e.Removed), maxMembers)]
	m.More = len(e.Added) + len(e.Removed) - len(m.Added) - len(m.Removed)
	return json.Marshal(m)
}
