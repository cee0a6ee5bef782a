package budget

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// times has a time for each hash. Its JSON has the hashes of each time as one text, because it is
// read and written for each change.
type times map[string]int64

// length is that of a hash.
const length = 11

// hash is what an id is stored as.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:8])
}

// MarshalJSON returns an object with the hashes by their time.
func (t times) MarshalJSON() ([]byte, error) {
	at := map[int64]*strings.Builder{}
	for id, when := range t {
		if at[when] == nil {
			at[when] = &strings.Builder{}
		}
		at[when].WriteString(id)
	}
	texts := make(map[int64]string, len(at))
	for when, b := range at {
		texts[when] = b.String()
	}
	return json.Marshal(texts)
}

// UnmarshalJSON reads what MarshalJSON returns.
func (t *times) UnmarshalJSON(b []byte) error {
	var texts map[int64]string
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	*t = times{}
	for when, all := range texts {
		for ; len(all) >= length; all = all[length:] {
			(*t)[all[:length]] = when
		}
	}
	return nil
}
