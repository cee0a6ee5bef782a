package fault

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Texts in answers of Keycloak (measured on 26.7.3; docs/keycloak.md).
const (
	noRealm       = "Realm does not exist"
	noRealmAdmin  = "Realm not found."
	noPath        = "Unable to find matching target resource method"
	noSCIM        = "HTTP 404 Not Found" // also of other paths
	badAudience   = "Invalid token audience"
	badSecret     = "Invalid client or Invalid client credentials"
	httpsRequired = "HTTPS required"
	realmDisabled = "Realm not enabled"
	badAssertion  = "Client authentication with signed JWT failed" // begins the text
)

// refusedAssertion is what a refusal of a client assertion says, by its description; "" may pass by
// itself: the next assertion is another one, for the issuer as it is then.
var refusedAssertion = map[string]Cause{
	"Unable to load public key":                           Key, // no key, or none with its id
	"Invalid signature algorithm":                         Key,
	"Token is not active":                                 Clock,
	"Token was issued in the future":                      Clock,
	"Token was issued too far in the past to be used now": Clock,
	"Token reuse detected":                                "",
	"Invalid token audience":                              "",
}

// answer is a refusal in one of Keycloak's forms: a SCIM error, {"error": …} of its REST framework,
// or the two members of OAuth.
type answer struct {
	known, typed     bool // Keycloak's own; a SCIM error
	err, description string
	scimType, detail string
}

func read(body []byte) answer {
	doc, err := scim.ParseResource(body)
	if err != nil {
		return answer{}
	}
	text := func(name string) string { return document.Text(doc.Raw(name)) }
	a := answer{typed: doc.Raw("schemas") != "", err: text("error"), description: text("error_description"), scimType: text("scimType"), detail: text("detail")}
	a.known = a.typed || a.err != ""
	return a
}

// Said is the status of a refusal and what it says, cut. It leaves the detail of a SCIM error out,
// which may repeat a value or a filter of the request.
func Said(status int, body []byte) string {
	a, said := read(body), strconv.Itoa(status)
	for _, text := range []string{a.scimType, a.err, a.description} {
		if text != "" {
			said += ": " + document.Cut(text, 64)
		}
	}
	return said
}

// OfToken is the cause behind a refusal of the token endpoint, or "" if it may pass by itself.
func OfToken(status int, body []byte) Cause {
	switch a := read(body); {
	case passing(status):
		return ""
	case a.err == noRealm, a.description == realmDisabled:
		return Realm
	case !a.known, status == http.StatusNotFound, a.description == httpsRequired:
		return URL
	case a.err == "unauthorized_client" && a.description == badSecret:
		return Secret
	}
	return Client
}

// OfAssertion is OfToken for a request with a client assertion instead of a secret.
func OfAssertion(status int, body []byte) Cause {
	cause, a := OfToken(status, body), read(body)
	meaning, known := refusedAssertion[a.description]
	switch {
	case cause == Secret, cause == Client && strings.HasPrefix(a.description, badAssertion):
		return Key
	case cause == Client && known:
		return meaning
	}
	return cause
}

func passing(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status == http.StatusTooEarly
}

// OfAPI is the cause behind a 401 or 404 to the account's token, or "" if the answer is about the
// resource. api says that the path is one of the SCIM API.
func OfAPI(status int, api bool, body []byte) Cause {
	if status != http.StatusUnauthorized && status != http.StatusNotFound {
		return "" // most answers are not read twice
	}
	a := read(body)
	switch {
	case status == http.StatusUnauthorized && a.detail == badAudience:
		return Audience
	case status == http.StatusUnauthorized:
		return Token
	case a.typed:
		return ""
	case a.err == noRealm, a.err == noRealmAdmin:
		return Realm
	case a.err == noSCIM && api:
		return SCIM
	case a.err == noPath, !a.known:
		return URL
	}
	return ""
}

// SCIMFeature reads /admin/serverinfo: whether the server runs with its SCIM API. known is false if
// the server does not list that feature.
func SCIMFeature(serverInfo []byte) (on, known bool) {
	var info struct {
		Features []struct {
			Name    string
			Enabled bool
		}
	}
	if json.Unmarshal(serverInfo, &info) != nil {
		return false, false
	}
	for _, f := range info.Features {
		if f.Name == "SCIM_API" {
			return f.Enabled, true
		}
	}
	return false, false
}

// OfConnection is the cause behind a failed connection, or "" if it may pass by itself. A host that
// the name service does not know, a certificate that is not trusted, and a server that speaks
// another protocol stay.
func OfConnection(err error) Cause {
	dns, named := errors.AsType[*net.DNSError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case named && dns.IsNotFound, untrusted, notTLS, errors.Is(err, http.ErrSchemeMismatch),
		strings.Contains(err.Error(), "malformed HTTP response"): // no error of net/http to compare with
		return URL
	}
	return ""
}
