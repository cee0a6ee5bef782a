package redis

import (
	"fmt"
	"strconv"
	"strings"
)

// keys are the names of a tenant's keys. base is the part up to the colon after the tenant.
type keys struct{ base string }

func (k keys) record(id string) string { return k.base + "r:" + escape(id) }
func (k keys) lock(key string) string  { return k.base + "l:" + escape(key) }
func (k keys) ids() string             { return k.base + "ids" }
func (k keys) terms() string           { return k.base + "terms" }
func (k keys) revision() string        { return k.base + "rev" }
func (k keys) probe() string           { return k.base + "probe" }
func (k keys) rate() string            { return k.base + "rate" }

func (k keys) records(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = k.record(id)
	}
	return out
}

// escape percent-encodes all bytes except [A-Za-z0-9._:-], so that a name cannot close the braces
// of the hash tag.
func escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; plain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// unescape is the inverse of escape.
func unescape(escaped string) (name string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		c := escaped[i]
		if c == '%' {
			if i+2 >= len(escaped) {
				return "", false
			}
			n, err := strconv.ParseUint(escaped[i+1:i+3], 16, 8)
			if err != nil {
				return "", false
			}
			c, i = byte(n), i+2
		}
		b.WriteByte(c)
	}
	return b.String(), true
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("._:-", c) >= 0
}
