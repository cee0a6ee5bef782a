package scim_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// Each operation with a filter looks at all values of an attribute. The looks of all operations are
// bounded, so that 1,000 operations on a list of thousands are refused instead of holding the lock
// for seconds.
func TestLooksAreBounded(t *testing.T) {
	t.Parallel()
	emails := func(n int) scim.Resource {
		return document.Must(`{"userName":"u","emails":[` + scimtest.Numbered(n, `{"value":"#"}`) + `]}`)
	}
	apply := func(r scim.Resource, n int, kind scim.OpKind, at, value string) error {
		ops := make([]scim.Op, n)
		for i := range ops {
			ops[i] = scim.Op{Kind: kind, Path: scimtest.Path(t, strings.ReplaceAll(at, "#", fmt.Sprint(i))), Value: strings.ReplaceAll(value, "#", fmt.Sprint(i))}
		}
		_, err := scim.CoreSchemas().Apply(scim.User, r, ops)
		return err
	}
	terms := strings.Repeat(`type eq "x" or `, 1000) + `value eq "#"`
	for _, c := range []struct {
		name      string
		values    int
		kind      scim.OpKind
		at, value string
	}{
		{"select", 5000, scim.ReplaceAll, `emails[value eq "#"].display`, `"x"`},
		{"select by many terms", 50, scim.Remove, "emails[" + terms + "].display", ""},
		{"a part of each", 5000, scim.Remove, "emails.display", ""},
		{"become primary", 5000, scim.Add, "emails", `{"value":"p#","primary":true}`},
		{"add and remove", 5000, scim.Remove, `emails[value eq "none#"]`, ""},
	} {
		scimtest.Refused(t, c.name, apply(emails(c.values), 900, c.kind, c.at, c.value), "tooMany", "compare more than 1000000 values")
		if err := apply(emails(20), 40, c.kind, c.at, c.value); err != nil && strings.Contains(err.Error(), "tooMany") && c.values > 100 {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := apply(emails(100), 1000, scim.Add, "emails", `{"value":"n#"}`); err != nil {
		t.Errorf("to add needs no look at the others: %v", err)
	}
}

// A long text costs more to compare, also in a value that grew in the same request. The comparison
// stops at the limit, because text in capitals is copied each time.
func TestLongTextsCountForMore(t *testing.T) {
	const size = 1 << 20
	grow := scim.Op{Kind: scim.Add, Path: scimtest.Path(t, "emails"), Value: `{"value":"0","display":"` + strings.Repeat("X", size) + `"}`}
	look := scim.Op{Kind: scim.Remove, Path: scimtest.Path(t, "emails["+strings.Repeat(`display co "y" or `, 1000)+`display co "z"]`)}
	r := document.Must(`{"userName":"u","emails":[{"value":"0"}]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := scim.CoreSchemas().Apply(scim.User, r, []scim.Op{grow, look})
	runtime.ReadMemStats(&after)
	scimtest.Refused(t, "long texts", err, "tooMany", "compare more than 1000000 values")
	if n := (after.TotalAlloc - before.TotalAlloc) / size; n > 100 {
		t.Errorf("it was copied %d times", n)
	}
	ops := []scim.Op{grow}
	for range 200 { // after each change, the whole value is read to find duplicates
		ops = append(ops, scim.Op{Kind: scim.ReplaceAll, Path: scimtest.Path(t, `emails[value eq "0"].type`), Value: `"x"`},
			scim.Op{Kind: scim.Add, Path: scimtest.Path(t, "emails"), Value: `{"value":"0","type":"x"}`})
	}
	_, err = scim.CoreSchemas().Apply(scim.User, r, ops)
	scimtest.Refused(t, "read again and again", err, "tooMany", "compare more than 1000000 values")
}
