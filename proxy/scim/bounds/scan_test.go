package bounds_test

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// numbered repeats one n times, with a number in place of "#".
func numbered(n int, one string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(one, "#", strconv.Itoa(i))
	}
	return strings.Join(parts, ",")
}

func TestBoundsOfABody(t *testing.T) {
	t.Parallel()
	zeros := func(n int) string { return "[0" + strings.Repeat(",0", n-1) + "]" }
	for name, c := range map[string]struct{ in, words string }{
		"as many members as allowed":     {"{" + numbered(scim.MaxAttributes, `"a#":0`) + "}", ""},
		"one member too many":            {"{" + numbered(scim.MaxAttributes+1, `"a#":0`) + "}", "more than 5000 members"},
		"in an element":                  {`{"a":[1,{"b":{` + numbered(scim.MaxAttributes+1, `"a#":0`) + `}}]}`, "more than 5000 members"},
		"names are counted, not objects": {"[" + numbered(3, "{"+numbered(scim.MaxAttributes, `"a#":0`)+"}") + "]", ""},
		"as many values as allowed":      {zeros(scim.MaxValues - 1), ""},
		"one value too many":             {zeros(scim.MaxValues), "more than 524288 JSON values"},
		"one object too many":            {"[{}" + strings.Repeat(",{}", scim.MaxValues-1) + "]", "more than 524288 JSON values"},
		"twice among many":               {"{" + numbered(500, `"a#":0`) + `,"a7":0}`, `"a7" is given twice`},
		"twice among many, by an escape": {"{" + numbered(500, `"a#":0`) + `,"\u00617":0}`, `"a7" is given twice`},
		"many, then the same in another": {"[{" + numbered(500, `"a#":0`) + "},{" + numbered(500, `"a#":0`) + `},{"a1":{"a1":0}}]`, ""},
		"the ninth again":                {"{" + numbered(9, `"a#":0`) + `,"a8":0}`, `"a8" is given twice`},
		"no name among many":             {"{" + numbered(500, `"a#":0`) + `,"":0}`, "has no name"},
	} {
		err := bounds.JSON([]byte(c.in), 8)
		if c.words != "" {
			scimtest.Refused(t, name, err, "invalidSyntax", c.words)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A group of 100,000 members with value, display, type and $ref is within the limits, and fits into
// 8 MiB with only its values.
func TestTheLargestGroup(t *testing.T) {
	t.Parallel()
	const uuid = "6579eece-5f3e-4bd7-9c0f-000000000000"
	whole := `{"value":"` + uuid + `","display":"d","type":"User","$ref":"../Users/` + uuid + `"}`
	for _, one := range []string{`{"value":"` + uuid + `"}`, whole} {
		body := `{"schemas":["` + scim.GroupURN + `"],"displayName":"g","members":[` + one + strings.Repeat(","+one, 99_999) + `]}`
		if err := bounds.JSON([]byte(body), 64); err != nil {
			t.Errorf("%.40s: %v", one, err)
		}
		if one != whole && len(body) > 8<<20 {
			t.Errorf("%d bytes", len(body))
		}
	}
}

// Each operation of a bulk request is checked separately. Only the number of all values is bounded.
func TestCheckEnvelope(t *testing.T) {
	t.Parallel()
	for in, words := range map[string]string{
		`{"a":1,"a":{"b":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}}`: "",
		"{" + numbered(scim.MaxAttributes+1, `"a#":0`) + "}":                            "",
		"[0" + strings.Repeat(",0", scim.MaxValues) + "]":                               "JSON values",
		strings.Repeat("[", 1<<20):                                                      "nested deeper than 10000",
		`{"a":1`:                                                                        "not valid JSON",
		"\"\xff\"":                                                                      "not UTF-8",
	} {
		err := bounds.Envelope([]byte(in))
		if words != "" {
			scimtest.Refused(t, in[:min(len(in), 40)], err, "invalidSyntax", words)
		} else if err != nil {
			t.Errorf("%.40s: %v", in, err)
		}
	}
}

// A refused body needs little memory, whatever its size is.
func TestARefusedBodyIsNotBuilt(t *testing.T) {
	for name, body := range map[string]string{
		"members":             "{" + numbered(550_000, `"a#":0`) + "}",
		"values":              "[0" + strings.Repeat(",0", 4<<20) + "]",
		"objects":             "[" + strings.Repeat(`{"a":0},`, 1<<20) + "0]",
		"objects of many":     "[" + strings.Repeat("{"+numbered(20, `"a#":0`)+"},", 50_000) + "0]",
		"depth":               strings.Repeat(`{"a":[`, 1<<20),
		"strings":             `["` + strings.Repeat(`x","`, 2<<20) + `"]`,
		"names with escapes":  "{" + numbered(550_000, `"\u0061#":0`) + "}",
		"a member given late": "{" + numbered(999, `"a#":0`) + `,"a":[` + strings.Repeat("0,", 600_000) + `0]}`,
	} {
		in := []byte(body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := bounds.JSON(in, 64)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: not refused", name)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 6<<20 || int(n) > len(body) {
			t.Errorf("%s: %d KiB allocated for a body of %d KiB", name, n>>10, len(body)>>10)
		}
	}
}
