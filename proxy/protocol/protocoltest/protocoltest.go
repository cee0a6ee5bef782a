// Package protocoltest has the requests and the decoder that tests of decoding share.
package protocoltest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// Decoder returns a decoder for the core schemas with small limits.
func Decoder(rules ...protocol.Rule) protocol.Decoder {
	return protocol.Decoder{Dialect: protocol.Dialect{Name: "test", Rules: rules}, Schemas: scim.CoreSchemas(), MaxFilter: 40, DefaultPage: 20, MaxPage: 100}
}

// Request parses "PATCH 1?a=b": the method, the id of a user, and the query.
func Request(t *testing.T, target, body string) protocol.Request {
	t.Helper()
	method, rest, _ := strings.Cut(target, " ")
	id, query, _ := strings.Cut(rest, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return protocol.Request{Method: method, Type: scim.User, ID: id, Query: q, Body: []byte(body), IfMatch: `W/"m"`, IfNoneMatch: `W/"n"`}
}

// Patch returns the body of a PATCH with these operations, a JSON list.
func Patch(operations string) string {
	return `{"schemas":["` + scim.PatchURN + `"],"Operations":` + operations + `}`
}

// Resources compares resources by their text.
var Resources = cmp.Comparer(func(a, b scim.Resource) bool { return a.String() == b.String() })
