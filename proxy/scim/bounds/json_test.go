package bounds_test

import (
	"bytes"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, c := range map[string]struct{ in, words string }{
		"object":                     {` {"a":[1,{"b":null}],"c":"\u00e9é"} `, ""},
		"same name in two objects":   {`{"a":{"x":1},"b":[{"x":1},{"x":2}]}`, ""},
		"names that differ in case":  {`{"a":1,"A":2}`, ""},
		"as deep as allowed":         {deep(8), ""},
		"brackets in a string":       {`{"a":"[[[[[[[[[[{{{{{{{{{{"}`, ""},
		"escaped quote, brackets":    {`{"a":"\"[[[[[[[[[[\\"}`, ""},
		"siblings are not depth":     {`[[],[],[],[],[],[],[],[],[],[]]`, ""},
		"too deep":                   {deep(9), "nested deeper than 8"},
		"too deep by objects":        {strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9), "nested deeper than 8"},
		"too deep after a string":    {`{"a":"\\","b":` + deep(8) + `}`, "nested deeper than 8"},
		"closings first":             {`]]]]]]]]]` + deep(9), "not valid JSON"},
		"not UTF-8":                  {"{\"a\":\"\xff\"}", "not UTF-8"},
		"half a character":           {"{\"a\":\"\xc3\"}", "not UTF-8"},
		"empty":                      {"", "not valid JSON"},
		"two values":                 {`{} {}`, "not valid JSON"},
		"comma at the end":           {`{"a":1,}`, "not valid JSON"},
		"control character":          {"{\"a\":\"\x01\"}", "not valid JSON"},
		"duplicate":                  {`{"a":1,"b":2,"a":1}`, `"a" is given twice`},
		"duplicate in a list":        {`{"l":[0,[{"a":1,"a":2}]]}`, `"a" is given twice`},
		"duplicate by an escape":     {`{"a":1,"\u0061":2}`, `"a" is given twice`},
		"duplicate before a subtree": {`[{"x":{"y":1,"y":2},"z":{}}]`, `"y" is given twice`},
		"member without a name":      {`{"a":[{"":1}]}`, "has no name"},
	} {
		err := bounds.JSON([]byte(c.in), 8)
		if c.words != "" {
			scimtest.Refused(t, name, err, "invalidSyntax", c.words)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A recursive reader of these texts would overflow its stack, which recover cannot handle.
func TestDepthBomb(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"[", `{"a":`} {
		scimtest.Refused(t, unit, bounds.JSON(bytes.Repeat([]byte(unit), 8<<20/len(unit)), 64), "invalidSyntax", "nested deeper than 64")
	}
}
