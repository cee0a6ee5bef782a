package edit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/config/internal/edit"
)

// block is a file as people write it.
const block = `# the customer

tenant: acme   # the name
serviceAccount:
    clientID:   'scim'   # in Keycloak
    secretFile: "acme: #1.secret"
tokens: # all of them
  # the first
  - {id: k1, sha256: "ab", created: 2026-01-01}   # entra

  - id: k2
    sha256: "cd" # second
    # inner
    expires: 2027-01-01

# after
state: live

# tail
`

const flow = `tenant: acme
tokens: [
  {id: k1, sha256: "ab"}, # first
  {id: k2, sha256: "cd", expires: 2027-01-01}, # second
]
`

type change func([]byte) ([]byte, error)

func put(key, value string) change {
	return func(b []byte) ([]byte, error) { return edit.Put(b, key, value) }
}

func drop(key string) change {
	return func(b []byte) ([]byte, error) { return edit.Drop(b, key) }
}

func add(element string) change {
	return func(b []byte) ([]byte, error) { return edit.Append(b, "tokens", element) }
}

func remove(index int) change {
	return func(b []byte) ([]byte, error) { return edit.Remove(b, "tokens", index) }
}

func putIn(index int, key, value string) change {
	return func(b []byte) ([]byte, error) { return edit.PutIn(b, "tokens", index, key, value) }
}

func dropIn(index int, key string) change {
	return func(b []byte) ([]byte, error) { return edit.DropIn(b, "tokens", index, key) }
}

// Only what is changed changes: each row names the old and the new part of the text.
func TestOnlyTheChangeChanges(t *testing.T) {
	for _, row := range []struct {
		name, text string
		change     change
		from, to   string
	}{
		{"a value is replaced", block, put("state", "staged"), "state: live", "state: staged"},
		{"a value with a comment", block, put("tenant", "globex"), "tenant: acme ", "tenant: globex "},
		{"a new key", block, put("rate", "{burst: 1}"), "# tail\n", "# tail\nrate: {burst: 1}\n"},
		{"a section", block, put("serviceAccount", "{clientID: x}"), "serviceAccount:\n    clientID:   'scim'   # in Keycloak\n    secretFile: \"acme: #1.secret\"", "serviceAccount: {clientID: x}"},
		{"a list", block, put("tokens", "[]"), block[strings.Index(block, " # all"):strings.Index(block, "\n\n# after")], " []"},
		{"a key goes", block, drop("state"), "state: live\n", ""},
		{"a section goes", block, drop("serviceAccount"), block[strings.Index(block, "serviceAccount"):strings.Index(block, "tokens")], ""},
		{"an absent key goes", block, drop("rate"), "", ""},
		{"an element", block, add("{id: k3}"), "    expires: 2027-01-01\n", "    expires: 2027-01-01\n  - {id: k3}\n"},
		{"the first element goes", block, remove(0), "  - {id: k1, sha256: \"ab\", created: 2026-01-01}   # entra\n", ""},
		{"the last element goes", block, remove(1), "  - id: k2\n    sha256: \"cd\" # second\n    # inner\n    expires: 2027-01-01\n", ""},
		{"a key of an element", block, putIn(1, "expires", "2026-06-01"), "expires: 2027-01-01", "expires: 2026-06-01"},
		{"a new key of an element", block, putIn(1, "created", "2026-06-01"), "    expires: 2027-01-01\n", "    expires: 2027-01-01\n    created: 2026-06-01\n"},
		{"a new key of an element in flow style", block, putIn(0, "expires", "2026-06-01"), "2026-01-01}", "2026-01-01, expires: 2026-06-01}"},
		{"a key of an element goes", block, dropIn(1, "expires"), "    expires: 2027-01-01\n", ""},
		{"flow: an element", flow, add("{id: k3}"), "2027-01-01}", "2027-01-01}, {id: k3}"},
		{"flow: the first element goes", flow, remove(0), "{id: k1, sha256: \"ab\"}, # first", "# first"},
		{"flow: the last element goes", flow, remove(1), "{id: k2, sha256: \"cd\", expires: 2027-01-01}, # second", "# second"},
		{"flow: a key of an element goes", flow, dropIn(1, "expires"), ", expires: 2027-01-01", ""},
		{"flow: the first key of an element goes", flow, dropIn(1, "id"), "id: k2, ", ""},
		{"an empty list", "tenant: acme\ntokens: []  # none\n", add("{id: k1}"), " []", "\n  - {id: k1}"},
		{"an empty list in JSON", `{"tokens": [ ]}`, add("{id: k1}"), "[ ]", "[{id: k1}]"},
		{"no list", "tenant: acme\n", add("{id: k1}"), "acme\n", "acme\ntokens:\n  - {id: k1}\n"},
		{"no end of line", "tenant: acme", add("{id: k1}"), "acme", "acme\ntokens:\n  - {id: k1}\n"},
		{"a list at the margin", "tokens:\n- {id: k1}\n", add("{id: k2}"), "{id: k1}\n", "{id: k1}\n- {id: k2}\n"},
		{"the only element goes", "tokens:\n  # old\n  - {id: k1}\nstate: live\n", remove(0), "tokens:\n  # old\n  - {id: k1}\n", "tokens: []\n  # old\n"},
		{"the only element in flow style goes", "tokens: [ {id: k1}, ] # x\n", remove(0), "[ {id: k1}, ]", "[]"},
		{"lines of Windows", "tenant: acme\r\ntokens:\r\n  - {id: k1}\r\n", add("{id: k2}"), "{id: k1}\r\n", "{id: k1}\r\n  - {id: k2}\r\n"},
		{"lines of Windows, no list", "tenant: acme\r\n", add("{id: k2}"), "acme\r\n", "acme\r\ntokens:\r\n  - {id: k2}\r\n"},
		{"JSON", `{"tenant": "acme", "tokens": [{"id": "k1"}]}`, add("{id: k2}"), `{"id": "k1"}`, `{"id": "k1"}, {id: k2}`},
		{"JSON without the list", `{"tenant": "acme"}`, add("{id: k2}"), `"acme"`, `"acme", tokens: [{id: k2}]`},
		{"letters beyond ASCII", "tenant: {a: Ärger, b: x} # ü\nstate: ö # é\n", put("state", "a"), "state: ö", "state: a"},
		{"letters beyond ASCII before it", "état: {ä: ö, tokens: é}\ntokens: [ä, é]\n", remove(0), "[ä, é]", "[é]"},
		{"a document marker", "---\ntenant: acme\n", put("state", "live"), "acme\n", "acme\nstate: live\n"},
		{"a text of several lines before", "description: |\n  a: b # no\n  c\ntokens:\n  - {id: k1}\n", remove(0), "tokens:\n  - {id: k1}\n", "tokens: []\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := row.change([]byte(row.text))
			if err != nil || !strings.Contains(row.text, row.from) {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Replace(row.text, row.from, row.to, 1), string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A change that cannot be made safely is refused.
func TestRefuses(t *testing.T) {
	for _, row := range []struct {
		name, text string
		change     change
	}{
		{"no YAML", "tenant: [", put("state", "live")},
		{"empty", "", put("state", "live")},
		{"a list", "- a\n", put("state", "live")},
		{"two documents", "a: b\n---\nc: d\n", put("state", "live")},
		{"a key that is set twice", "tenant: a\ntenant: b\n", put("tenant", "c")},
		{"a key without a value", "tokens:\ntenant: a\n", add("{id: k1}")},
		{"no list", "tokens: a\n", add("{id: k1}")},
		{"no such element", "tokens: [{id: k1}]\n", remove(1)},
		{"a text of several lines", "state: |\n  a\n  b\ntenant: a\n", put("state", "live")},
		{"an anchor", "tokens: &x [{id: k1}]\n", remove(0)},
		{"an element that is not a mapping", "tokens: [k1]\n", putIn(0, "id", "k2")},
		{"the key beside the dash", "tokens:\n  - id: k1\n    sha256: ab\n", dropIn(0, "id")},
		{"lines of an old Mac", "tenant: a\rstate: b", put("state", "live")},
		{"a byte order mark", "\ufefftenant: a\n", put("tenant", "b")},
		{"the end of the document", "tenant: a\n...\n", put("state", "live")},
		{"a value that is no YAML", "tenant: a\n", put("state", "[")},
		{"a value that hides the next key", "tenant: a\nstate: b\n", put("tenant", `"x`)},
		{"a value with a comment", "{tenant: a, state: b}\n", put("tenant", "x #")},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, err := row.change([]byte(row.text)); !errors.Is(err, edit.ErrForm) {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

// Whatever the text is: no panic, and a change is refused or right (which the package checks).
func FuzzEdit(f *testing.F) {
	for _, text := range []string{block, flow, "{a: b}", "a: 'x\n  y'\n", "a: >\n x\n", "? a\n: b\n", "a: !!str b\n", "\ta: b", "a:\n - - b\n"} {
		f.Add([]byte(text), "state", uint8(0))
	}
	f.Fuzz(func(_ *testing.T, text []byte, key string, index uint8) {
		i := int(index)
		for _, c := range []change{put(key, "x"), drop(key), add("{id: x}"), remove(i), putIn(i, key, "x"), dropIn(i, key)} {
			_, _ = c(text)
		}
	})
}
