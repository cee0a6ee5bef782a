package events

import (
	"encoding/json"
	"net/url"
	"time"

	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/journal"
)

// uri begins the names of the events of RFC 9967.
const uri = "urn:ietf:params:scim:event:prov:"

// setType is the media type of a SET in the header of its signature (RFC 8417 section 2.3).
const setType = "secevent+jwt"

// claims are those of a SET (RFC 8417 section 2.2).
type claims struct {
	Issuer   string         `json:"iss"`
	Audience string         `json:"aud"`
	Issued   int64          `json:"iat"`
	Happened int64          `json:"toe"`
	ID       string         `json:"jti"`
	Txn      string         `json:"txn"`    // the id of the request (RFC 9967 section 2.2)
	Subject  subject        `json:"sub_id"` // never sub (RFC 9967 section 2.1)
	Events   map[string]any `json:"events"`
}

// subject is the resource (RFC 9967 section 2.1). The optional externalId is left out, because it
// is the value of an attribute.
type subject struct {
	Format string `json:"format"`
	URI    string `json:"uri"`
}

// changed is the payload of a notice (RFC 9967 section 2.2).
type changed struct {
	Attributes []string `json:"attributes"`
}

// claimsOf makes the claims of an entry. Several events in one token belong to one change (RFC 9967
// section 2.1).
func claimsOf(space, receiver, issuer, audience string, e journal.Entry, now time.Time) claims {
	n, events := noticeOf(e), map[string]any{}
	if n.Kind == journal.KindDelete {
		events[uri+"delete"] = struct{}{} // it has no payload (section 2.4.4)
	} else {
		events[uri+n.Kind+":notice"] = changed{n.Attributes} // sections 2.4.1 to 2.4.3
	}
	if n.Active != "" {
		events[uri+n.Active] = struct{}{} // sections 2.4.5 and 2.4.6
	}
	return claims{
		Issuer: issuer, Audience: audience, Issued: now.Unix(), Happened: e.Ended.Unix(), ID: outbox.ID(space, e.ID, receiver), Txn: e.Request,
		Subject: subject{"scim", "/" + url.PathEscape(string(e.Type)) + "s/" + url.PathEscape(e.Target)}, Events: events,
	}
}

// sign makes the SET of an entry.
func (e *Events) sign(space string, r *receiver, of journal.Entry) (string, error) {
	body, err := json.Marshal(claimsOf(space, r.Name, e.issuer, r.Poll.Audience, of, e.now()))
	if err != nil {
		return "", err
	}
	return e.keys[0].SignAs(setType, body)
}
