package pagetest_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/console/page/pagetest"
)

const good = `<!doctype html><html lang="en"><head><title>T</title><script src="/a.js"></script></head><body><h1>A</h1>BODY</body></html>`

func TestProblems(t *testing.T) {
	if got := pagetest.Problems(good); got != nil {
		t.Error(got)
	}
	for body, want := range map[string]string{
		`<script>x</script>`:                 "inline script",
		`<p onclick="x">a</p>`:               "onclick",
		`<p style="x">a</p>`:                 "style",
		`<h1>B</h1>`:                         "2 h1",
		`<h3>B</h3>`:                         "h3",
		`<p id="a">a</p><p id="a">b</p>`:     "2 elements with the id a",
		`<input id="a">`:                     "no label",
		`<a href="/x"></a>`:                  "without a text",
		`<a href="javascript:x">x</a>`:       "leads to",
		`<p>a<ul></ul></p>`:                  "in a paragraph",
		`<b><i></b></i>`:                     "</b> in",
		`<div>`:                              "</body> in",
		`<form method="post"></form>`:        "without a token",
		`<p aria-describedby="none">a</p>`:   "refers to",
		`<table><tr><th>a</th></tr></table>`: "scope",
		`<svg></svg>`:                        "drawing",
	} {
		got := pagetest.Problems(strings.Replace(good, "BODY", body, 1))
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%s: %v, want %s", body, got, want)
		}
	}
}
