package position

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
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

// Seal makes a cursor for the next page of a query, which continues after a position.
func (c Cursors) Seal(ctx context.Context, q directory.Query, after string) (string, error) {
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

// Open returns the position in the cursor of a query, "" if it is the first page.
func (c Cursors) Open(ctx context.Context, q directory.Query) (string, error) {
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

// OpenRow returns the last row of the page before, nil if there is none.
func (c Cursors) OpenRow(ctx context.Context, q directory.Query) (*Row, error) {
	if q.Cursor == nil || *q.Cursor == "" {
		return nil, nil
	}
	text, err := c.Open(ctx, q)
	if err != nil {
		return nil, err
	}
	at, err := parseRow(text)
	if err != nil {
		return nil, scim.InvalidCursor("the cursor belongs to another query")
	}
	return &at, nil
}
