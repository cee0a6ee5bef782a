package scim_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":           "",
		"abcd":       "abcd",
		"abcde":      "abc…",
		"éééé":       "éééé",
		"ééééé":      "ééé…",
		"日本語です":      "日本語…",
		"ab\xff\xfe": "ab\xff\xfe",
	} {
		if got := document.Cut(in, 4); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := document.Cut(strings.Repeat("é", 10_000), document.MaxEcho); utf8.RuneCountInString(got) != document.MaxEcho || !utf8.ValidString(got) {
		t.Errorf("%d characters: %q", utf8.RuneCountInString(got), got)
	}
}

// An error repeats at most 64 characters of each part of a request. A name of ordinary length stays
// whole.
func TestErrorsRepeatLittle(t *testing.T) {
	t.Parallel()
	for _, long := range []string{strings.Repeat("x", 10_000), strings.Repeat("é", 10_000), strings.Repeat("\x00", 10_000)} {
		at := scim.AttrPath{URN: "urn:" + long, Name: long, Sub: long}
		filter := scim.Or{Terms: []scim.Filter{scim.Present{Attr: at}, scim.Equal(at, long)}}
		for name, err := range map[string]*scim.Error{
			"text":           scim.InvalidValue("%q", long),
			"a path":         scim.InvalidPath("%s", at),
			"a filtered one": scim.InvalidPath("%s", scim.Path{AttrPath: at, Filter: filter}),
			"a filter":       scim.InvalidFilter("%s", filter),
			"an error":       scim.InvalidSyntax("%v", errors.New(long)),
			"many":           scim.NoTarget("%s %s %q", long, at, long),
			"uniqueness":     scim.Uniqueness("%s", long),
			"not found":      scim.NotFound(scim.Ref{Type: scim.User, ID: long}),
			"method":         scim.MethodNotAllowed(long),
			"media type":     scim.UnsupportedMedia(long),
			"not stored":     scim.NotStored(at),
			"any status":     scim.Fail(409, "", "%s", long),
			"a bad filter":   asError(scim.ParseFilter(long + " xx " + long)),
			"a bad value":    asError(scim.ParseFilter(`a eq "` + long)),
			"a bad path":     asError(scim.ParsePath(long + ".1")),
			"a bad name":     asError(scim.ParseAttrPath(long + ".1")),
			"no such inner":  asError(scim.ParsePath("a[" + strings.ReplaceAll(long, "é", "x") + ".b pr]")),
			"given twice":    scim.AsError(bounds.JSON([]byte(`{`+document.Quote(long)+`:1,`+document.Quote(long)+`:1}`), 9)),
		} {
			if n := utf8.RuneCountInString(err.Detail); n > 1000 || strings.Contains(err.Detail, long[:len(long)/10]) {
				t.Errorf("%s: %d characters: %.200q", name, n, err.Detail)
			}
			if !utf8.ValidString(err.Detail) {
				t.Errorf("%s: half a character in %q", name, err.Detail)
			}
		}
	}
	const manager = scim.EnterpriseURN + ":manager.displayName" // longer than 64 characters in all
	if err := scim.NotStored(scim.MustPath(manager)); !strings.Contains(err.Detail, manager) {
		t.Errorf("an ordinary name is cut: %s", err.Detail)
	}
}

func asError[T any](_ T, err error) *scim.Error { return scim.AsError(err) }
