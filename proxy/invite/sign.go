package invite

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// claim is what a link or a session cookie says.
type claim struct {
	Tenant  string `json:"t"`
	ID      string `json:"i"`
	Expires int64  `json:"e"`           // seconds since 1970
	Secret  string `json:"s,omitempty"` // of a session
}

func (c claim) expires() time.Time { return time.Unix(c.Expires, 0) }

// The purposes of claims, so that a link is never a session.
const (
	forLink    = "link"
	forSession = "session"
)

// maxText bounds a link and a cookie, in bytes. A tenant's name has at most 63.
const maxText = 512

// encoding is strict, and verify refuses ends of lines, so that there is one text for each content.
var encoding = base64.RawURLEncoding.Strict()

// sign is the text of a claim, with its code. Whoever has it can read the claim.
func sign(key []byte, purpose string, c claim) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(append(body, code(key, purpose, body)...)), nil
}

// verify is the claim of a text; false if it is not one of this key and purpose.
func verify(key []byte, purpose, text string) (c claim, ok bool) {
	if len(text) > maxText || strings.ContainsAny(text, "\r\n") {
		return c, false
	}
	all, err := encoding.DecodeString(text)
	if err != nil || len(all) <= sha256.Size {
		return c, false
	}
	body, mac := all[:len(all)-sha256.Size], all[len(all)-sha256.Size:]
	if !hmac.Equal(mac, code(key, purpose, body)) || json.Unmarshal(body, &c) != nil {
		return claim{}, false
	}
	return c, c.Tenant != "" && c.ID != ""
}

func code(key []byte, purpose string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(purpose + "\x00"))
	m.Write(body)
	return m.Sum(nil)
}

// keyRecord has the key. The name of a tenant has no dot.
const keyRecord = ".key"

const keySize = 32

// signing returns the key, which the process that first needs it makes. It is read once.
func (v *Invites) signing(ctx context.Context) ([]byte, error) {
	v.signer.Lock()
	defer v.signer.Unlock()
	for v.key == nil {
		found, err := v.Space.Load(ctx, keyRecord)
		if err != nil {
			return nil, unavailable(err)
		}
		if r, there := found[keyRecord]; there {
			if len(r.Body) != keySize {
				return nil, unavailable(errors.New("the key of links is damaged"))
			}
			v.key = r.Body
			break
		}
		fresh := make([]byte, keySize)
		rand.Read(fresh)
		if _, err := v.Space.Save(ctx, keyRecord, store.Record{Body: fresh}); err != nil && !errors.Is(err, store.ErrConflict) {
			return nil, unavailable(err)
		}
	}
	return v.key, nil
}
