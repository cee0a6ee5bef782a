package events

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

// polls is a configuration with receivers that poll: the token of NAME is "NAME-token".
func polls(t *testing.T, names ...string) config.Events {
	t.Helper()
	k, err := clientkey.Generate(clientkey.ES256)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := k.PEM()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "set.key")
	if err := os.WriteFile(file, pem, 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Events{KeyFiles: []string{file}}
	for _, name := range names {
		sum := sha256.Sum256([]byte(name + "-token"))
		c.Receivers = append(c.Receivers, config.Receiver{Name: name, AllTenants: true, Poll: &config.Poll{
			Audience: "https://" + name + ".example.com", TokenSHA256: []string{hex.EncodeToString(make([]byte, 32)), hex.EncodeToString(sum[:])},
		}})
	}
	return c
}

// reply is an answer of the handler.
type reply struct {
	status int
	header http.Header
	body   string
	answers
}

func (w *world) ask(method, path, authorization, body string) (r reply) {
	w.Helper()
	return w.askIn(w.Context(), method, path, authorization, body)
}

func (w *world) askIn(ctx context.Context, method, path, authorization, body string) (r reply) {
	w.Helper()
	request := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	to := httptest.NewRecorder()
	w.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })).ServeHTTP(to, request)
	r = reply{status: to.Code, header: to.Header(), body: to.Body.String()}
	_ = json.Unmarshal(to.Body.Bytes(), &r.answers)
	return r
}

// open verifies the signature of a SET by the published keys, and returns its claims.
func (w *world) open(set string) map[string]any {
	w.Helper()
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(w.ask("GET", "/events/jwks.json", "", "").body), &keys); err != nil {
		w.Fatal(err)
	}
	parsed, err := jose.ParseSignedCompact(set, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		w.Fatal(err)
	}
	if typ := parsed.Signatures[0].Header.ExtraHeaders["typ"]; typ != "secevent+jwt" {
		w.Errorf("typ is %v", typ)
	}
	payload, err := parsed.Verify(keys.Key(parsed.Signatures[0].Header.KeyID)[0])
	if err != nil {
		w.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(payload, &c); err != nil {
		w.Fatal(err)
	}
	return c
}

// subjects are those of the events of an answer, in the order of their ids.
func (w *world) subjects(r reply) (out string) {
	w.Helper()
	for _, id := range ids(r) {
		c := w.open(r.Sets[id])
		if c["jti"] != id {
			w.Errorf("jti is %v in the set %s", c["jti"], id)
		}
		out += strings.TrimPrefix(c["sub_id"].(map[string]any)["uri"].(string), "/Users/") + " "
	}
	return out
}

func ids(r reply) (all []string) {
	for id := range r.Sets {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

const now = `{"returnImmediately":true}`

// Whoever has no token of the receiver learns nothing, not even whether there is such a receiver.
func TestWhoPolls(t *testing.T) {
	w := newWorld(t, nil, polls(t, "crm", "siem"))
	w.happens(w.log, journal.Entry{Verb: "patch", Target: "u1"})
	first := ""
	for _, row := range []struct{ path, authorization string }{
		{"/events/crm", ""}, {"/events/crm", "Bearer siem-token"}, {"/events/crm", "Bearer "}, {"/events/crm", "Basic crm-token"},
		{"/events/none", "Bearer crm-token"}, {"/events/none", ""}, {"/events/", "Bearer crm-token"}, {"/events/CRM", "Bearer crm-token"},
	} {
		for _, method := range []string{"POST", "GET", "DELETE"} {
			r := w.ask(method, row.path, row.authorization, now)
			text := fmt.Sprint(r.status, r.header, r.body)
			if first == "" {
				first = text
			}
			if r.status != 401 || text != first || r.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s %s %s: %s", method, row.path, row.authorization, text)
			}
		}
	}
	if r := w.ask("POST", "/events/crm", "bearer crm-token", now); r.status != 200 || len(r.Sets) != 1 {
		t.Error(r)
	}
	for path, status := range map[string]int{"/events": 418, "/events/crm/x": 418, "/scim/v2/Users": 418, "/events/jwks.json": 200} {
		if r := w.ask("GET", path, "", ""); r.status != status {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	if r := newWorld(t, nil, hooks(t, "siem")).ask("POST", "/events/siem", "", ""); r.status != 418 {
		t.Errorf("without a receiver that polls: %d", r.status)
	}
	if r := w.ask("GET", "/events/crm", "Bearer crm-token", ""); r.status != 405 || r.header.Get("Allow") != "POST" {
		t.Error(r)
	}
}

// A poll whose body is wrong is refused, and changes nothing.
func TestWrongPolls(t *testing.T) {
	w := newWorld(t, nil, polls(t, "crm"))
	var many []string
	for i := range 1001 {
		many = append(many, fmt.Sprintf("%q", fmt.Sprint(i)))
	}
	for _, body := range []string{"", "[]", "{", `"x"`, `{"maxEvents":-1}`, `{"maxEvents":"1"}`, `{"ack":"x"}`, `{"setErrs":[]}`, `{"ack":[` + strings.Join(many, ",") + `]}`, `{"x":"` + strings.Repeat("x", 1<<20) + `"}`} {
		if r := w.ask("POST", "/events/crm", "Bearer crm-token", body); r.status != 400 || !strings.Contains(r.body, `"err":"invalid_request"`) {
			t.Errorf("%.40s: %d %s", body, r.status, r.body)
		}
	}
	w.happens(w.log, journal.Entry{Verb: "patch", Target: "u1"})
	w.engine.SetDown(errDown)
	if r := w.ask("POST", "/events/crm", "Bearer crm-token", now); r.status != 503 || r.header.Get("Retry-After") == "" {
		t.Error(r)
	}
}

// Events come oldest first until they are acknowledged, and each receiver has its own.
func TestAcknowledge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, polls(t, "crm", "siem"))
		other := w.journal("other")
		for i, l := range []*journal.Log{w.log, other, w.log, other, w.log} {
			w.happens(l, journal.Entry{Verb: "patch", Target: fmt.Sprint("u", i)})
			time.Sleep(time.Millisecond)
		}
		poll := func(body string) reply { return w.ask("POST", "/events/crm", "Bearer crm-token", body) }
		first := poll(`{"maxEvents":2,"returnImmediately":true}`)
		if got := w.subjects(first); got != "u0 u1 " || !first.More {
			t.Errorf("%s %v", got, first.More)
		}
		if again := poll(`{"maxEvents":2,"returnImmediately":true}`); fmt.Sprint(ids(again)) != fmt.Sprint(ids(first)) {
			t.Errorf("not acknowledged: %v, want %v", ids(again), ids(first))
		}
		if r := poll(`{"maxEvents":0,"ack":["` + ids(first)[0] + `","unknown","x.y"]}`); r.status != 200 || len(r.Sets) != 0 {
			t.Error(r)
		}
		second := poll(`{"returnImmediately":true,"setErrs":{"` + ids(first)[1] + `":{"err":"invalid_key","description":"no\nkey é"}}}`)
		if got := w.subjects(second); got != "u2 u3 u4 " || second.More {
			t.Errorf("%s %v", got, second.More)
		}
		if told := fmt.Sprint(w.notes()); told != "[buried crm the receiver refused it: invalid_key: no?key ?]" {
			t.Error(told)
		}
		siem := w.ask("POST", "/events/siem", "Bearer siem-token", now)
		if got := w.subjects(siem); got != "u0 u1 u2 u3 u4 " {
			t.Error(got)
		}
		for _, id := range ids(siem) { // ids of another receiver acknowledge nothing
			poll(`{"maxEvents":0,"ack":["` + id + `"]}`)
		}
		if got := w.subjects(poll(now)); got != "u2 u3 u4 " {
			t.Error(got)
		}
	})
}
