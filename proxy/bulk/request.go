package bulk

import (
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Schema URIs of the messages (RFC 7644 section 3.7).
const (
	RequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	ResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// Request is a bulk request with a valid envelope.
type Request struct {
	// FailOnErrors is the number of errors after which no more operations start; 0 means no limit.
	FailOnErrors int
	// Quiet skips reading a resource after PUT and PATCH; the results then have no version.
	Quiet bool

	operations []string // JSON texts
}

// Parse reads the envelope. It fails if the body is not a BulkRequest or has too many JSON values,
// and with 413 if it has more operations than allowed.
func Parse(body []byte, operations int) (Request, error) {
	if err := bounds.Envelope(body); err != nil {
		return Request{}, err
	}
	envelope, err := scim.Part(strings.TrimSpace(string(body)))
	if err != nil {
		return Request{}, err
	}
	named := slices.ContainsFunc(document.Elements(envelope.Raw("schemas")), func(e string) bool { return strings.EqualFold(document.Text(e), RequestURN) })
	if !named {
		return Request{}, scim.InvalidSyntax("schemas does not name %s", RequestURN)
	}
	list := envelope.Raw("Operations")
	if !strings.HasPrefix(list, "[") {
		return Request{}, scim.InvalidSyntax("Operations is missing or not an array")
	}
	r := Request{operations: document.Elements(list)}
	if n := len(r.operations); n > operations { // RFC 7644 section 3.7.4: the answer names the limit
		return Request{}, scim.Fail(413, "", "the request has %d operations; maxOperations is %d", n, operations)
	}
	if raw := envelope.Raw("failOnErrors"); raw != "" && raw != "null" {
		n, err := strconv.Atoi(raw)
		if err != nil || n < 0 {
			return Request{}, scim.InvalidSyntax("failOnErrors is not a whole number")
		}
		r.FailOnErrors = n
	}
	return r, nil
}
