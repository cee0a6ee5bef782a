package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/webhook"
)

// receiver answers with the statuses one after the other; 0 means that the connection fails.
type receiver struct {
	mu       sync.Mutex
	statuses []int
	got      []*http.Request
	bodies   []string
}

func (r *receiver) RoundTrip(q *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, _ := io.ReadAll(q.Body)
	r.got, r.bodies = append(r.got, q), append(r.bodies, string(b))
	status := r.statuses[min(len(r.got), len(r.statuses))-1]
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	w := httptest.NewRecorder()
	w.Header().Set("Location", "https://elsewhere.example.com/")
	w.WriteHeader(status)
	return w.Result(), nil
}

func target(t *testing.T) config.Webhook {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Webhook{URL: "https://hooks.example.com/key-in-path", SecretFile: file}
}

// An event is sent until it is accepted, at most five times, and Send does not wait. A receiver
// that refuses it is not asked again, and a redirect is not followed.
func TestSend(t *testing.T) {
	for name, row := range map[string]struct {
		statuses []int
		sent     int
		fails    string
	}{
		"accepted":  {[]int{204}, 1, ""},
		"later":     {[]int{0, 503, 429, 200}, 4, ""},
		"never":     {[]int{500}, 5, "hooks.example.com: the receiver answered 500"},
		"nobody":    {[]int{0}, 5, "connection refused"},
		"refused":   {[]int{410}, 1, "answered 410"},
		"redirects": {[]int{307}, 5, "answered 307"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, said := &receiver{statuses: row.statuses}, ""
				began := time.Now()
				webhook.NewNotifier(r, time.Now, func(err error) { said += err.Error() }).Send(target(t), map[string]string{"a": "b"})
				if !time.Now().Equal(began) {
					t.Error("Send waits")
				}
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if len(r.got) != row.sent || (row.fails == "") != (said == "") || !strings.Contains(said, row.fails) || strings.Contains(said, "key-in-path") {
					t.Errorf("sent %d times, %s", len(r.got), said)
				}
			})
		})
	}
}

// The signature is that of the time, a dot and the body.
func TestNotifierSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{statuses: []int{200}}
		webhook.NewNotifier(r, func() time.Time { return time.Unix(1764172800, 0) }, func(err error) { t.Error(err) }).Send(target(t), map[string]string{"a": "b"})
		synctest.Wait()
		// printf '1764172800.{"a":"b"}' | openssl dgst -sha256 -hmac s3cret
		const want = "t=1764172800,v1=f1fd60a9e4209b175d8bad9c27d81b27815f722e52356809e96cee921f7a277b"
		if got := r.got[0].Header.Get(webhook.SignatureHeader); got != want || r.bodies[0] != `{"a":"b"}` || r.got[0].Method != http.MethodPost {
			t.Errorf("%s\n%s", got, r.bodies[0])
		}
	})
}

// Events beyond 16 that are under way are dropped, and reported.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := make(chan error, 100)
		s := webhook.NewNotifier(&receiver{statuses: []int{500}}, time.Now, func(err error) { failed <- err })
		for range 20 {
			s.Send(target(t), 1)
		}
		if len(failed) != 4 {
			t.Errorf("%d are dropped", len(failed))
		}
		time.Sleep(3 * time.Minute)
	})
}
