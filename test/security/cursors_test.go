package security

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/tidwall/gjson"
)

// A cursor does not reveal its position, and another caller of the realm cannot use it.
func TestCursorsAreSealedAndBound(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"ada", "bob", "cyd"} {
		w.make("acme", "/Users", user(name))
	}
	for _, who := range []string{"manager", "acme"} {
		a := w.send(who, "GET", "/Users?cursor=&count=1", "")
		cursor := gjson.GetBytes(a.Body, "nextCursor").String()
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || cursor == "" || bytes.Contains(text, []byte("ada")) {
			t.Errorf("%s: %q %v %q", who, cursor, err, text)
		}
		for _, other := range []string{"manager", "reader", "acme"} {
			want := 400
			if other == who {
				want = 200
			}
			if a := w.send(other, "GET", "/Users?count=1&cursor="+cursor, ""); a.Status != want {
				t.Errorf("the cursor of %s as %s: %d", who, other, a.Status)
			}
		}
		for i := range cursor {
			damaged := []byte(cursor)
			damaged[i] ^= 1
			if a := w.send(who, "GET", "/Users?count=1&cursor="+string(damaged), ""); a.Status != 400 {
				t.Errorf("a damaged cursor: %d", a.Status)
			}
		}
	}
}
