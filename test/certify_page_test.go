package test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

const (
	certifyBegin = "<!-- certify -->\n"
	certifyEnd   = "<!-- end of certify -->\n"
)

// reasons say why the proxy does not meet a requirement. Each deviation of it needs one.
var reasons = map[string]string{
	"interop.claim":            "The proxy does not claim conformance, because it does not meet the requirements below. The profile asks a server that does not conform to leave the attribute out.",
	"interop.undefined-create": "Tolerant only: identity providers send attributes that SCIM does not define, and a refusal would stop the user. `profile: strict` refuses them.",
	"interop.undefined-schema": "Tolerant only, for the same reason. `profile: strict` refuses values of schemas that are not declared.",
	"interop.undefined-uri":    "Entra's create of a group has a schema URI of Microsoft's own in `schemas`, without values. The proxy ignores such a URI in both profiles; nothing is lost by it.",
	"interop.undefined-patch":  "Tolerant only: the attribute is kept. `profile: strict` refuses it.",
	"interop.pathless":         "RFC 7644 sections 3.5.2.1 and 3.5.2.3 require a server to accept PATCH without a path, and Okta and Entra send it. A server cannot meet both documents.",
	"interop.complex-replace":  "RFC 7644 section 3.5.2.3 replaces the parts that the value has. Entra sends single parts in such a value, and the other parts would be lost.",
}

// titles are the sections of the tables.
var titles = []struct{ profile, title string }{
	{"core", "RFC 7643, RFC 7644 and RFC 9865 (`core`)"},
	{"interop", "SCIM interoperability profile, draft 01 (`interop`)"},
	{"ipsie-al1", "OpenID IPSIE AL SCIM profile, draft 00, all levels and AL1 (`ipsie-al1`)"},
	{"ipsie-al2", "OpenID IPSIE AL SCIM profile, draft 00, AL2 (`ipsie-al2`)"},
	{"entra", "Entra: published requests (`entra`)"},
	{"okta", "Okta: published requests (`okta`)"},
}

// writeCertificate replaces the text between the two marks in the page. results are those of
// Keycloak alone, of the tolerant and of the strict tenant.
func writeCertificate(t *testing.T, path string, results []certified) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(old), certifyBegin)
	_, after, also := strings.Cut(rest, certifyEnd)
	if !ok || !also {
		t.Fatalf("%s has no marks for the report: %s%s", path, certifyBegin, certifyEnd)
	}
	var b strings.Builder
	b.WriteString("| profile | requirements | Keycloak alone | proxy, tolerant | proxy, strict |\n| --- | --- | --- | --- | --- |\n")
	for _, section := range titles {
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s | %s |\n", section.profile, count(results[0], section.profile, ""), tally(results[0], section.profile), tally(results[1], section.profile), tally(results[2], section.profile))
	}
	b.WriteString("\nA cell has the requirements that pass, those that fail (in brackets: those of the level must), and\nthose that are open: they were skipped, or cannot be checked from outside.\n")
	for _, section := range titles {
		fmt.Fprintf(&b, "\n### %s\n\n| requirement | clause | level | text | Keycloak alone | tolerant | strict |\n| --- | --- | --- | --- | --- | --- | --- |\n", section.title)
		for i, q := range results[0].Results {
			if q.Profile == section.profile {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", q.ID, cell(q.Clause, 200), q.Level, cell(q.Text, 300), verdictOf(q), verdictOf(results[1].Results[i]), verdictOf(results[2].Results[i]))
			}
		}
	}
	ours(t, &b, results)
	unchecked(&b, results)
	nativeDeviations(&b, results[0])
	if err := os.WriteFile(path, []byte(before+certifyBegin+b.String()+certifyEnd+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

func count(r certified, profile, state string) (n int) {
	for _, q := range r.Results {
		if q.Profile == profile && (state == "" || q.State == state) {
			n++
		}
	}
	return n
}

func tally(r certified, profile string) string {
	must := 0
	for _, q := range r.Results {
		if q.Profile == profile && q.State == "fail" && q.Level == "must" {
			must++
		}
	}
	return fmt.Sprintf("%d pass, %d fail (%d), %d open", count(r, profile, "pass"), count(r, profile, "fail"), must, count(r, profile, "skip")+count(r, profile, "unknown"))
}

func verdictOf(q requirement) string {
	return map[string]string{"pass": "yes", "fail": "**no**", "skip": "skipped", "unknown": "?"}[q.State]
}

// ours lists the deviations of the proxy with their reasons.
func ours(t *testing.T, b *strings.Builder, results []certified) {
	t.Helper()
	b.WriteString("\n### Deviations of the proxy\n\n| requirement | clause | tolerant | strict | reason |\n| --- | --- | --- | --- | --- |\n")
	for i, q := range results[1].Results {
		s := results[2].Results[i]
		if q.State != "fail" && s.State != "fail" {
			continue
		}
		if reasons[q.ID] == "" {
			failed := q
			if q.State != "fail" {
				failed = s
			}
			t.Errorf("%s fails without a reason: sent %s; expected %s; shown %s", q.ID, failed.Failure.Sent, failed.Failure.Expected, failed.Failure.Shown)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", q.ID, cell(q.Clause, 200), verdictOf(q), verdictOf(s), reasons[q.ID])
	}
}

// unchecked lists what was skipped or cannot be checked from outside.
func unchecked(b *strings.Builder, results []certified) {
	b.WriteString("\n### Skipped, or not to be checked from outside\n\n| requirement | server | reason |\n| --- | --- | --- |\n")
	for i := range results[0].Results {
		why := map[string][]string{}
		order := []string{}
		for j, name := range []string{"Keycloak alone", "tolerant", "strict"} {
			if q := results[j].Results[i]; q.Why != "" {
				if why[q.Why] == nil {
					order = append(order, q.Why)
				}
				why[q.Why] = append(why[q.Why], name)
			}
		}
		for _, text := range order {
			fmt.Fprintf(b, "| `%s` | %s | %s |\n", results[0].Results[i].ID, strings.Join(why[text], ", "), cell(text, 250))
		}
	}
}

// nativeDeviations lists the deviations of Keycloak alone.
func nativeDeviations(b *strings.Builder, r certified) {
	b.WriteString("\n### Deviations of Keycloak alone\n\n| requirement | clause | expected | shown |\n| --- | --- | --- | --- |\n")
	for _, q := range r.Results {
		if q.State == "fail" {
			fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", q.ID, cell(q.Clause, 200), stable(q.Failure.Expected), stable(q.Failure.Shown))
		}
	}
}

var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|certify-[a-z0-9]{8}[-0-9]*(?:@example\.(?:com|net|org))?|20\d\d-\d\d-\d\dT[\d:.]+Z|http://[a-z0-9.:]+/realms/t[a-z0-9]+`)

// stable is a text for a cell without what changes with each run, and without a meaning in HTML.
func stable(text string) string {
	return "`" + cell(strings.ReplaceAll(changing.ReplaceAllString(text, "…"), "`", "'"), 140) + "`"
}

var row = regexp.MustCompile("(?m)^\\| `([a-z0-9.-]+)` \\|.* \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$")

// knownDeviations reads the tables of the page: "tolerant ID" and "strict ID" for each requirement
// that the proxy does not meet.
func knownDeviations(t *testing.T, path string) map[string]bool {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tables, _, _ := strings.Cut(string(page), "### Deviations of the proxy")
	known, rows := map[string]bool{}, 0
	for _, m := range row.FindAllStringSubmatch(tables, -1) {
		rows++
		known["tolerant "+m[1]], known["strict "+m[1]] = m[3] == "**no**", m[4] == "**no**"
	}
	if rows < 150 {
		t.Fatalf("%s has only %d requirements", path, rows)
	}
	return known
}
