package security

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
)

// A write that timed out at the proxy and takes effect late must not undo a later, acknowledged
// write. Here the activation of a user hangs in front of Keycloak for longer than the proxy
// waits, and the user is deactivated meanwhile.
func TestLateWriteDoesNotUndoALaterOne(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Keycloak.Timeout = config.Duration(2 * time.Second) })
	id := w.make("acme", "/Users", user("ada"))
	set := func(active string) int {
		return w.send("acme", "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"active","value":`+active+`}`)).Status
	}
	if status := set("false"); status != 200 {
		t.Fatal(status)
	}
	left, landed := make(chan struct{}), make(chan struct{})
	hang := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if !strings.Contains(string(body), "true") {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			return false
		}
		select { // until the later write is answered, at most 3 s
		case <-left:
		case <-time.After(3 * time.Second):
		}
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.realm.SCIM(token, r.Method, "/Users/"+id, string(body))
		close(landed)
		return true
	}
	w.upstream.Before.Store(&hang)
	if status := set("true"); status < 500 {
		t.Fatalf("the activation did not time out: %d", status)
	}
	status := set("false")
	close(left)
	<-landed
	if status != 200 {
		t.Errorf("the deactivation: %d", status)
	}
	if a := w.realm.Admin("GET", "/users/"+id, ""); gjson.GetBytes(a.Body, "enabled").Bool() {
		t.Error("the late write has enabled the user again")
	}
}
