package profile

import (
	"testing"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Only an answer with a text that Keycloak changed proves that it is the stored resource; an answer
// that differs ends the trust at once.
func TestAnswers(t *testing.T) {
	const lower, upper = `{"userName":"ada"}`, `{"userName":"Ada"}`
	for _, row := range []struct {
		name                string
		sent, answer, shown string
		trusted             int
	}{
		{"repeats the request", upper, upper, lower, 0},
		{"proves nothing", lower, lower, lower, 0},
		{"stored", upper, lower, lower, trust},
		{"stored, and more is shown", upper, lower, `{"userName":"ada","active":true}`, 0},
		{"another order", upper, `{"userName":"ada","active":true}`, `{"active":true,"userName":"ada"}`, trust},
		{"a group", `{"displayName":"G "}`, `{"displayName":"G"}`, `{"displayName":"G"}`, trust},
	} {
		var a Answers
		a.Saw(document.Must(row.sent), document.Must(row.answer), document.Must(row.shown))
		n := 0
		for a.Stored() {
			n++
		}
		if n != row.trusted {
			t.Errorf("%s: %d creates are trusted, want %d", row.name, n, row.trusted)
		}
	}
	var a Answers
	a.Saw(document.Must(upper), document.Must(lower), document.Must(lower))
	a.Saw(document.Must(lower), document.Must(lower), document.Must(lower))
	if !a.Stored() {
		t.Error("an answer that proves nothing ended the trust")
	}
	a.Saw(document.Must(upper), document.Must(upper), document.Must(lower))
	if a.Stored() {
		t.Error("an answer that is not stored did not end the trust")
	}
}
