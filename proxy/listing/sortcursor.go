package listing

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// position is where a sorted walk stands: the sort key and the id of the last row. It stays right
// while others create and delete. A resource whose value changes meanwhile moves, as in any order.
type position struct {
	Missing bool    `json:"m,omitempty"`
	Number  float64 `json:"n,omitempty"`
	Text    string  `json:"t,omitempty"`
	ID      string  `json:"i"`
}

// longKey is how many bytes of a text a cursor has.
const longKey = 200

// openRow returns the last row of the page before, or nil if there is none.
func (d *Directory) openRow(ctx context.Context, q directory.Query) (*row, error) {
	if q.Cursor == nil || *q.Cursor == "" {
		return nil, nil
	}
	text, err := d.Cursors.open(ctx, q)
	if err != nil {
		return nil, err
	}
	var at position
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return nil, scim.InvalidCursor("the cursor belongs to another query")
	}
	return &row{id: at.ID, key: sortKey{at.Missing, at.Number, at.Text}}, nil
}

// after returns the sorted rows behind another one, or all.
func (s rowsOf) after(rows []row, last *row) []row {
	if last == nil {
		return rows
	}
	from := slices.IndexFunc(rows, func(r row) bool { return s.compare(r, *last) > 0 })
	if from < 0 {
		return nil
	}
	return rows[from:]
}

func (d *Directory) sealRow(ctx context.Context, q directory.Query, r row) (string, error) {
	b, err := json.Marshal(position{r.key.missing, r.key.number, r.key.text, r.id})
	if err != nil {
		return "", err
	}
	return d.Cursors.seal(ctx, q, string(b))
}

func short(text string) string {
	if len(text) <= longKey {
		return text
	}
	return strings.ToValidUTF8(text[:longKey], "")
}
