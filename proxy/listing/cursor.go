package listing

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Cursors makes and checks cursors (RFC 9865). A cursor is encrypted, because it names the last
// resource of a page; it belongs to one caller and one query, and it expires.
type Cursors struct {
	// Key returns the key, of 32 bytes. It is the same in all processes that share a store. Its
	// errors are returned to the caller unchanged.
	Key func(ctx context.Context) ([]byte, error)
	// Viewer identifies the caller; a cursor is valid only for the same caller.
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

func (c Cursors) aead(ctx context.Context) (cipher.AEAD, error) {
	key, err := c.Key(ctx)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// binding returns a hash of the query that a cursor continues. The page size and the projection may
// change from page to page.
func (c Cursors) binding(q directory.Query) string {
	filter := ""
	if q.Filter != nil {
		filter = q.Filter.String()
	}
	h := sha256.Sum256([]byte(c.Viewer + "\x00" + string(q.Type) + "\x00" + filter + "\x00" + q.Sort.By.Key() + "\x00" + strconv.FormatBool(q.Sort.Descending)))
	return hex.EncodeToString(h[:12])
}

func (c Cursors) seal(ctx context.Context, q directory.Query, after string) (string, error) {
	aead, err := c.aead(ctx)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(cursor{after, c.binding(q), c.Now().Add(c.Life).UTC().Truncate(time.Second)})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, b, nil)), nil
}

func (c Cursors) open(ctx context.Context, q directory.Query) (string, error) {
	if *q.Cursor == "" {
		return "", nil
	}
	aead, err := c.aead(ctx)
	if err != nil {
		return "", err
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(*q.Cursor)
	if err == nil {
		b, err = aead.Open(nil, nil, b, nil)
	}
	if err != nil {
		return "", scim.InvalidCursor("the cursor is not valid")
	}
	var at cursor
	if err := json.Unmarshal(b, &at); err != nil || at.Query != c.binding(q) {
		return "", scim.InvalidCursor("the cursor belongs to another query")
	}
	if c.Now().After(at.Expires) {
		return "", scim.ExpiredCursor()
	}
	return at.After, nil
}

// byCursor returns a page of a walk in the directory's own order. If the filter is evaluated here,
// a page may be short, and Total is not known.
func (d *Directory) byCursor(ctx context.Context, q directory.Query) (directory.Page, error) {
	var err error
	if q.ResumeAfter, err = d.Cursors.open(ctx, q); err != nil {
		return directory.Page{}, err
	}
	p, last, more, err := d.following(ctx, q)
	if err == nil && more {
		p.Next, err = d.Cursors.seal(ctx, q, last)
	}
	return p, err
}

// following returns the page after q.ResumeAfter, and where to continue if there are more.
func (d *Directory) following(ctx context.Context, q directory.Query) (p directory.Page, last string, more bool, err error) {
	pushable := q.Filter == nil || d.pushable(q.Type, q.Filter)
	p.Uncounted = !pushable
	if pushable {
		count, err := d.Directory.List(ctx, directory.Query{Type: q.Type, Filter: q.Filter, Start: 1})
		if err != nil {
			return p, "", false, err
		}
		p.Total, p.Start = count.Total, 0
	}
	switch {
	case q.Count == 0:
	case pushable:
		p.Resources, last, more, err = d.follow(ctx, q)
	default:
		p.Resources, last, more, err = d.collect(ctx, q)
	}
	return p, last, more, err
}

// follow reads whole resources that the directory below selects, page by page.
func (d *Directory) follow(ctx context.Context, q directory.Query) (all []scim.Resource, last string, more bool, err error) {
	size := d.Directory.Capabilities().MaxPage
	step := directory.Query{Type: q.Type, Filter: q.Filter, Start: 1, ResumeAfter: q.ResumeAfter, Fields: q.Fields}
	for len(all) < q.Count {
		step.Count = min(size, q.Count-len(all))
		p, err := d.read(ctx, step)
		if err != nil {
			return nil, "", false, err
		}
		before := len(all)
		all = append(all, p.Resources...)
		if n := d.fitting(all); n < len(all) {
			if n > before {
				last = p.Resume[n-before-1]
			}
			return all[:n], last, true, nil
		}
		if more = len(p.Resources) > 0 && p.Total > len(p.Resources); !more {
			break
		}
		last = p.Resume[len(p.Resume)-1]
		step.ResumeAfter = last
	}
	return all, last, more, nil
}

// collect walks until the page is full and one more match is found, and reads the page.
func (d *Directory) collect(ctx context.Context, q directory.Query) (all []scim.Resource, last string, more bool, err error) {
	var ids, positions []string
	err = d.walk(ctx, q, func(r scim.Resource, position string) (bool, error) {
		if q.Filter != nil && !d.Schemas.Match(q.Filter, q.Type, r) {
			return true, nil
		}
		if len(ids) == q.Count {
			more = true
			return false, nil
		}
		ids, positions = append(ids, r.ID()), append(positions, position)
		return true, nil
	})
	if err != nil || len(ids) == 0 {
		return nil, "", false, err
	}
	if all, _, err = d.readAll(ctx, q.Fields, refsOf(q.Type, ids), d.Limits.Bytes); err != nil {
		return nil, "", false, err
	}
	all = all[:d.fitting(all)]
	at := len(ids) - 1
	if len(all) > 0 { // continue after the last returned one: those after it are gone, or did not fit
		at = slices.Index(ids, all[len(all)-1].ID())
	}
	return all, positions[at], more || at < len(ids)-1, nil
}
