package adapters_test

import (
	"net/url"
	"strings"
	"testing"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// The content of a JSON string was not checked for its depth. A reader that recurses into 8 million
// brackets overflows its stack, which ends the process and not only the request.
func TestDocumentsInStringsAreBounded(t *testing.T) {
	deep := `{\"value\":\"admin\",\"a\":` + strings.Repeat("[", 8_000_000)
	many := `{\"value\":\"admin\"` + strings.Repeat(`,\"a\":0`, 2000) + `}`
	for _, text := range []string{deep, many, `{\"value\":\"admin\",\"a\":[[[[[0]]]]]}`} {
		for _, idp := range adapters.Names() {
			if idp != "entra" && len(text) > 1_000_000 {
				continue // one dialect reads such documents
			}
			body := `{"userName":"u","roles":[{"value":"` + text + `"}]}`
			w := protocol.Request{Method: "PUT", Type: scim.User, ID: "1", Body: []byte(body), Query: url.Values{}}
			if got, fired := through(idp, w); len(fired) > 0 && strings.Contains(string(got.Body), `"value":"admin"`) {
				t.Errorf("%s: the document was read: %v", idp, fired)
			}
			op := protocol.Request{Method: "PATCH", Type: scim.User, ID: "1", Body: []byte(patch(`[{"op":"add","path":"roles","value":"` + text + `"}]`)), Query: url.Values{}}
			through(idp, op)
		}
	}
}

// Letters whose lower case has another length must not move the position at which a text is cut.
func TestSpellingBesideOtherLetters(t *testing.T) {
	for _, letters := range []string{"Ⱥ", "İ", "ẞ", "\u212a", "é"} {
		for _, n := range []int{1, 7, 300} {
			before := strings.Repeat(letters, n)
			filter := `title eq "` + before + `" and ` + strings.ToUpper(scim.EnterpriseURN) + `.department eq "` + before + `"`
			w := protocol.Request{Method: "GET", Type: scim.User, Query: url.Values{"filter": {filter}}}
			got, _ := through("generic", w)
			if want := `title eq "` + before + `" and ` + scim.EnterpriseURN + `:department eq "` + before + `"`; got.Query.Get("filter") != want {
				t.Errorf("%s\n is %s\nwant %s", filter, got.Query.Get("filter"), want)
			}
		}
	}
}
