package listing

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// Cursors make and check cursors (RFC 9865): opaque, signed, bound to who asks and what is asked, expiring.
type Cursors struct {
	// Key signs; all processes that share a store have the same.
	Key func(ctx context.Context) ([]byte, error)
	// Viewer is who asks; a cursor is worth nothing to anybody else.
	Viewer string
	// Life is how long a cursor is valid.
	Life time.Duration
	// Now is the clock.
	Now func() time.Time
}

type cursor struct {
	After   string    `json:"a"`
	Query   string    `json:"q"`
	Expires time.Time `json:"e"`
}

// binding is a hash of the query that a cursor goes on with; the page size and the projection may change from page to page.
func (c Cursors) binding(q scim.Query) string {
	filter := ""
	if q.Filter != nil {
		filter = q.Filter.String()
	}
	h := sha256.Sum256([]byte(c.Viewer + "\x00" + string(q.Type) + "\x00" + filter + "\x00" + q.Sort.By.Key()))
	return hex.EncodeToString(h[:12])
}

func (c Cursors) seal(ctx context.Context, q scim.Query, after string) (string, error) {
	key, err := c.Key(ctx)
	if err != nil {
		return "", scim.Unavailable("the store", err)
	}
	b, err := json.Marshal(cursor{after, c.binding(q), c.Now().Add(c.Life).UTC().Truncate(time.Second)})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(sign(key, b), b...)), nil
}

func (c Cursors) open(ctx context.Context, q scim.Query) (string, error) {
	if *q.Cursor == "" {
		return "", nil
	}
	key, err := c.Key(ctx)
	if err != nil {
		return "", scim.Unavailable("the store", err)
	}
	b, err := base64.RawURLEncoding.DecodeString(*q.Cursor)
	if err != nil || len(b) < sha256.Size || !hmac.Equal(b[:sha256.Size], sign(key, b[sha256.Size:])) {
		return "", scim.InvalidCursor("the cursor is not valid")
	}
	var at cursor
	if err := json.Unmarshal(b[sha256.Size:], &at); err != nil || at.Query != c.binding(q) {
		return "", scim.InvalidCursor("the cursor belongs to another query")
	}
	if c.Now().After(at.Expires) {
		return "", scim.ExpiredCursor()
	}
	return at.After, nil
}

func sign(key, b []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(b)
	return m.Sum(nil)
}

// byCursor answers a page of a walk in the directory's own order. Behind a filter that is decided here a page may be short, and Total is
// not known.
func (d *Directory) byCursor(ctx context.Context, q scim.Query) (scim.Page, error) {
	if d.ownOrder(q) != ascending {
		return scim.Page{}, scim.InvalidValue("with a cursor the order is the directory's own; leave sortBy out")
	}
	var err error
	if q.After, err = d.Cursors.open(ctx, q); err != nil {
		return scim.Page{}, err
	}
	pushable := q.Filter == nil || d.pushable(q.Type, q.Filter)
	p := scim.Page{Uncounted: !pushable}
	if pushable {
		count, err := d.Directory.List(ctx, scim.Query{Type: q.Type, Filter: q.Filter, Start: 1})
		if err != nil || q.Count == 0 {
			return unmarked(count), err
		}
		p.Total = count.Total
	}
	var last string
	var more bool
	if pushable {
		p.Resources, last, more, err = d.follow(ctx, q)
	} else {
		var ids []string
		if ids, last, more, err = d.collect(ctx, q); err == nil {
			p.Resources, err = d.readAll(ctx, q.Type, q.Need, ids)
		}
	}
	if err == nil && more {
		p.Next, err = d.Cursors.seal(ctx, q, last)
	}
	return p, err
}

// follow reads whole rows that the directory below decides, one page behind the other.
func (d *Directory) follow(ctx context.Context, q scim.Query) (all []scim.Resource, last string, more bool, err error) {
	size := d.Directory.Able().MaxPage
	step := scim.Query{Type: q.Type, Filter: q.Filter, Start: 1, After: q.After, Need: q.Need}
	for len(all) < q.Count {
		step.Count = min(size, q.Count-len(all))
		p, err := d.Directory.List(ctx, step)
		if err != nil {
			return nil, "", false, err
		}
		all = append(all, p.Resources...)
		if more = len(p.Resources) > 0 && p.Total > len(p.Resources); !more {
			break
		}
		last = p.Marks[len(p.Marks)-1]
		step.After = last
	}
	return all, last, more, nil
}

// collect walks until the page is full and one more is found.
func (d *Directory) collect(ctx context.Context, q scim.Query) (ids []string, last string, more bool, err error) {
	err = d.walk(ctx, q, func(r scim.Resource, mark string) (bool, error) {
		if q.Filter != nil && !d.Schemas.Match(q.Filter, q.Type, r) {
			return true, nil
		}
		if len(ids) == q.Count {
			more = true
			return false, nil
		}
		ids, last = append(ids, r.ID()), mark
		return true, nil
	})
	return ids, last, more, err
}
