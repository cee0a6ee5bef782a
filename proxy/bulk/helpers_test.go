package bulk_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

const (
	enterprise = scim.EnterpriseURN
	foreign    = scimtest.Foreign
)

func decoder(rules ...protocol.Rule) protocol.Decoder {
	return protocol.Decoder{Dialect: protocol.Dialect{Name: "test", Rules: rules}, Schemas: scim.CoreSchemas(), MaxFilter: 40, DefaultPage: 20, MaxPage: 100}
}

// wire reads "PATCH 1?a=b": method, id and query.
func wire(t *testing.T, target, body string) protocol.Request {
	t.Helper()
	method, rest, _ := strings.Cut(target, " ")
	id, query, _ := strings.Cut(rest, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return protocol.Request{Method: method, Type: scim.User, ID: id, Query: q, Body: []byte(body), IfMatch: `W/"m"`, IfNoneMatch: `W/"n"`}
}

func patch(operations string) string {
	return `{"schemas":["` + scim.PatchURN + `"],"Operations":` + operations + `}`
}

var comparer = cmp.Comparer(func(a, b scim.Resource) bool { return a.String() == b.String() })
