package report_test

import (
	"io"
	"strings"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/report"
)

// hostile is a text of a server that tries to leave its place in each form.
const hostile = "<script>alert(1)</script> | x ` [a](http://evil.test) ![i](http://evil.test/p.png) http://evil.test www.evil.test a@evil.test \"onload=\"1 **b** <img src=//evil.test> &lt;"

func sample() certify.Report {
	return certify.Report{
		URL: "https://scim.test/v2", Profiles: []string{"core"}, Left: []string{"/Users/" + hostile},
		Tenant: &certify.Tenant{
			Name: "acme", IDP: "entra", Writes: 7, Rules: []certify.Rule{{Name: "value-lists", Says: hostile, Times: 3}},
			Checklist: []certify.Line{{Name: hostile, State: "red", Reason: hostile}},
		},
		Results: []certify.Result{
			{ID: "a.pass", Profile: "core", Clause: "RFC 1 section 2", Text: "passes", Level: probe.Must, State: certify.Pass},
			{ID: "a.fail", Profile: "core", Clause: "RFC 1 section 3", Text: "fails", Level: probe.Must, State: certify.Fail, Failure: &probe.Failure{Sent: hostile, Expected: "e", Shown: hostile}},
			{ID: "a.warn", Profile: "core", Clause: "RFC 1 section 4", Text: "should", Level: probe.Should, State: certify.Fail, Failure: &probe.Failure{Expected: "e", Shown: "s"}},
			{ID: "a.skip", Profile: "core", Clause: "RFC 1 section 5", Text: "skipped", Level: probe.Must, State: certify.Skip, Why: hostile},
		},
	}
}

func written(t *testing.T, write func(io.Writer, certify.Report) error) string {
	t.Helper()
	var out strings.Builder
	if err := write(&out, sample()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestText(t *testing.T) {
	got := written(t, report.Text)
	for _, want := range []string{"\nok    a.pass  passes\n", "\nFAIL  a.fail  fails\n        clause    RFC 1 section 3 (must)\n        sent      <script>", "\nwarn  a.warn  should\n", "\nskip  a.skip  skipped\n        because   ", "\ncore       1 pass, 1 fail (must), 1 fail (should), 1 skipped, 0 cannot", "\ncould not be removed: /Users/", "\ntenant acme, identity provider entra. The journal has 7 writes since ", "\nrule value-lists fired 3 times: "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestMarkdown(t *testing.T) {
	got := written(t, report.Markdown)
	for _, want := range []string{"| pass | `a.pass` | must | RFC 1 section 2 | passes |\n", "### `a.fail`\n", "\n## Tenant acme\n", "\n| value-lists | 3 | "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, bad := range []string{"<script", "<img", "a](http", "http://evil", " www.evil", "a@evil", " **b", " | x"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q in\n%s", bad, got)
		}
	}
}

func TestHTML(t *testing.T) {
	got := written(t, report.HTML)
	if !strings.Contains(got, `<td class="pass">pass</td><td>a.pass</td>`) || !strings.Contains(got, "<h2>Tenant acme</h2>") || !strings.Contains(got, "<td>value-lists</td><td>3</td>") || !strings.Contains(got, "&lt;script&gt;") {
		t.Error(got)
	}
	for _, bad := range []string{"<script", "<img", "<a ", "<link", "src=\"", "href=", `"onload="1`} {
		if strings.Contains(got, bad) {
			t.Errorf("%q in\n%s", bad, got)
		}
	}
}
