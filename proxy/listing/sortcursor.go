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

// longKey is how many bytes of a text a cursor has. A sorted walk orders by as many, and then by id.
const longKey = 200

// after returns the rows behind a cursor. The order of the rows becomes that of a sorted walk.
func (d *Directory) after(ctx context.Context, q directory.Query, rows []row) ([]row, error) {
	text, err := d.Cursors.open(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].key.text = short(rows[i].key.text)
	}
	in := rowsOf{d, q}
	in.sort(rows)
	if text == "" {
		return rows, nil
	}
	var at position
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return nil, scim.InvalidCursor("the cursor belongs to another query")
	}
	last := row{id: at.ID, key: sortKey{at.Missing, at.Number, at.Text}}
	from := slices.IndexFunc(rows, func(r row) bool { return in.compare(r, last) > 0 })
	if from < 0 {
		from = len(rows)
	}
	return rows[from:], nil
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
