package proxy

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// The clock of the proxy jumps by a year, forwards and backwards. Tokens of tenants and cursors
// expire by the clock as it is; the token of the account is renewed when it is old by the clock,
// and also when Keycloak refuses it although the clock says that it is fresh. No request fails for
// another reason.
func TestClockJumps(t *testing.T) {
	f := withFiles(t)
	begin := time.Unix(1_800_000_000, 0)
	now, issued, refused := begin, atomic.Int64{}, atomic.Int64{} // the number of a token that Keycloak refuses
	f.now = func() time.Time { return now }
	f.up.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			fmt.Fprintf(w, `{"access_token":"x.e30.%d","expires_in":600}`, issued.Add(1))
		case r.Header.Get("Authorization") == fmt.Sprintf("Bearer x.e30.%d", refused.Load()):
			w.WriteHeader(http.StatusUnauthorized)
		default:
			_, _ = fmt.Fprint(w, `{"totalResults":2,"attributes":[],"Resources":[{"id":"1","userName":"a"},{"id":"2","userName":"b"}]}`)
		}
	}
	lasting, first := mint(t, "acme", "lasting", "")
	ending, second := mint(t, "acme", "ending", fmt.Sprintf(", expires: %s", begin.Add(time.Hour).UTC().Format(time.RFC3339)))
	f.raw("acme", "tenant: acme\nrealm: r\nserviceAccount: {clientID: c, secretFile: .secret}\ntokens:\n"+first+second)
	f.reload()
	h := f.Handler()
	ask := func(token, query string, want int) string {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "http://proxy/scim/v2/"+query, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s at %s: %d %s, want %d", query, now.Format(time.DateOnly), w.Code, w.Body, want)
		}
		return w.Body.String()
	}
	const users, year = "Users?count=1", 365 * 24 * time.Hour
	next := "Users?count=1&cursor=" + gjson.Get(ask(lasting, "Users?count=1&cursor", http.StatusOK), "nextCursor").String()
	ask(ending, users, http.StatusOK)
	known := issued.Load()

	now = begin.Add(year)
	ask(lasting, users, http.StatusOK)
	ask(ending, users, http.StatusUnauthorized)
	if body := ask(lasting, next, http.StatusBadRequest); gjson.Get(body, "scimType").String() != "expiredCursor" {
		t.Error(body)
	}
	if n := issued.Load(); n != known+1 {
		t.Errorf("%d tokens of the account after a year, want %d", n, known+1)
	}

	now = begin.Add(-year)
	ask(ending, users, http.StatusOK)
	ask(lasting, next, http.StatusOK)
	refused.Store(issued.Load())
	ask(lasting, users, http.StatusOK)
	if n := issued.Load(); n != refused.Load()+1 {
		t.Errorf("%d tokens of the account after a refusal, want %d", n, refused.Load()+1)
	}
}
