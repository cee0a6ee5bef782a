package corpus_test

import (
	"fmt"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/corpus"
)

const answer = `{"totalResults":1,"Resources":[{"id":"id-1"}]}`

func world() corpus.World {
	now := document.Must(`{"id":"id-1","meta":{"version":"2"},"title":"T","emails":[{"type":"work","value":"w","primary":true},{"type":"home","value":"h"}],"name":{"givenName":"G","familyName":"F"}}`)
	return corpus.World{
		Status: 200, Statuses: []int{409, 200}, Answer: answer, IDs: map[string]string{"U1": "id-1", "U2": "id-2", "A": "id-a"},
		Before: map[string]scim.Resource{"U1": now.With("title", `"old"`).With("meta", "{}")},
		Show: func(name string) (scim.Resource, bool, error) {
			return now, name == "U1", nil
		},
		Members: func(string) ([]string, error) { return []string{"id-2", "id-1"}, nil },
	}
}

func TestCheck(t *testing.T) {
	for _, good := range []string{
		`status 200`, `status 204,200`, `answer totalResults = 1`, `answer Resources.0.id = U1`, `answer nothing absent`, `U2 gone`, `status.1 409`, `status.2 200`,
		`U1 title = "T"`, `U1 emails[type eq "work"].value = "w"`, `U1 emails[primary eq true].type = "work"`, `U1 emails[type eq "fax"] absent`, `U1 nickName absent`,
		`U1 unchanged but title`, `U1 name = {"familyName":"F","givenName":"G"}`, `U1 name = {"givenName":"G"} or more`,
		`U1 emails = [{"value":"h"},{"value":"w"}] or more`, `A members = U1 U2`,
	} {
		if err := world().Check(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		`status 204`, `answer totalResults = 2`, `answer Resources.0.id = U2`, `answer totalResults absent`, `U1 gone`, `U2 title = "T"`, `U2 title absent`,
		`U1 title = "x"`, `U1 title absent`, `U1 emails[type eq "home"].value = "w"`, `U1 emails[type eq "work"] absent`, `U1 unchanged`, `U1 unchanged but emails`,
		`U1 name = {"givenName":"G"}`, `U1 name = {"givenName":"x"} or more`, `U1 emails = [{"value":"h"}] or more`, `A members = U1`, `A members =`, `U1 dances`, `status.1 200`, `status.3 200`, `status.0 200`, `status.x 200`, `U9 gone`, `U9 title absent`, `created gone`,
	} {
		if err := world().Check(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestLoad(t *testing.T) {
	cases, err := corpus.Load("../../adapters/testdata")
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 135 {
		t.Errorf("%d cases", len(cases))
	}
	for _, c := range cases {
		if !strings.HasPrefix(c.Source, "Source: ") || len(c.Want) == 0 {
			t.Errorf("%s: %q, %d checks", c.Path, c.Source, len(c.Want))
		}
	}
}

// Forms leave values out, and nothing else: the corpus has about half as many forms as cases.
func TestForm(t *testing.T) {
	form := func(normal string) string { return corpus.Case{Normal: []string{normal}}.Form() }
	patch := "PATCH /Users/11111111-1111-4111-8111-111111111111\nrules: %s\n\n{\"Operations\":[{\"op\":\"replace\",\"path\":\"%s\",\"value\":1}]}\n"
	a, b := form(fmt.Sprintf(patch, "x", "active")), form(strings.ReplaceAll(fmt.Sprintf(patch, "y z", "active"), "1111", "2222"))
	if a != b || a == form(fmt.Sprintf(patch, "x", "title")) || !strings.Contains(a, "replace active") {
		t.Errorf("%q %q", a, b)
	}
	cases, err := corpus.Load("../../adapters/testdata")
	forms := map[string]bool{}
	for _, c := range cases {
		forms[c.Form()] = true
	}
	if err != nil || len(forms) < len(cases)/3 || len(forms) > len(cases)*2/3 {
		t.Errorf("%v: %d forms of %d cases", err, len(forms), len(cases))
	}
}
