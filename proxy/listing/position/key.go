package position

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Key orders the values of an attribute. A missing value is last in ascending and first in
// descending order (RFC 7644 section 3.4.2.3).
type Key struct {
	Missing bool    `json:"m,omitempty"`
	Number  float64 `json:"n,omitempty"`
	Text    string  `json:"t,omitempty"`
}

// KeyOf returns the key of a resource for an attribute with a definition.
func KeyOf(r scim.Resource, by scim.AttrPath, def scim.Attribute) Key {
	raw := valueOf(r.Get(by.Top()), by.Sub)
	if document.Unassigned(raw) {
		return Key{Missing: true}
	}
	text := document.Text(raw)
	switch {
	case raw == "true" || raw == "false":
		return Key{Number: map[bool]float64{true: 1}[raw == "true"]}
	case def.Type == "dateTime":
		if t, err := scim.ParseDateTime(text); err == nil {
			return Key{Number: float64(t.UnixMilli())}
		}
	case !document.IsText(raw):
		if n, err := strconv.ParseFloat(raw, 64); err == nil {
			return Key{Number: n}
		}
	}
	if !def.CaseExact {
		text = document.Lower(text)
	}
	return Key{Text: text}
}

// Compare compares in ascending order.
func (a Key) Compare(b Key) int {
	switch {
	case a.Missing && b.Missing:
		return 0
	case a.Missing:
		return 1
	case b.Missing:
		return -1
	}
	return cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Text, b.Text))
}

// longText is how many bytes of a text a cursor has.
const longText = 200

// Short is the part of a key that a cursor has room for.
func (a Key) Short() Key {
	if len(a.Text) > longText {
		a.Text = strings.ToValidUTF8(a.Text[:longText], "")
	}
	return a
}

// Row is where a sorted walk stands: the key and the id of the last resource. It stays right while
// others create and delete. A resource whose value changes meanwhile moves, as in any order.
type Row struct {
	Key
	ID string `json:"i"`
}

// String is the text of a position.
func (r Row) String() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // plain data
	}
	return string(b)
}

// parseRow reads the text of a position.
func parseRow(text string) (r Row, err error) {
	err = json.Unmarshal([]byte(text), &r)
	return r, err
}

// valueOf returns the value to sort by: the primary value of a multi-valued attribute, else its
// first.
func valueOf(raw, sub string) string {
	es := document.Elements(raw)
	if len(es) == 0 {
		return ""
	}
	pick := es[0]
	for _, e := range es {
		if r, err := scim.Part(e); err == nil && r.Raw("primary") == "true" {
			pick = e
			break
		}
	}
	if sub == "" {
		return pick
	}
	r, err := scim.Part(pick)
	if err != nil {
		return ""
	}
	return r.Raw(sub)
}
