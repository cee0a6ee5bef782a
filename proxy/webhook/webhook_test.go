package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/webhook"
)

const secret = "0123456789abcdef0123456789abcdef"

func sender(t *testing.T, url string) *webhook.Sender {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.DefaultWebhook()
	c.URL, c.SecretFile, c.Timeout = url, file, config.Duration(200*time.Millisecond)
	s, err := webhook.New(c, func() time.Time { return time.Unix(1_800_000_000, 0) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The status of the answer decides about a message, and a redirect is not followed.
func TestVerdicts(t *testing.T) {
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer elsewhere.Close()
	status := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", elsewhere.URL)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
	}))
	defer server.Close()
	s := sender(t, server.URL)
	for verdict, all := range map[webhook.Verdict][]int{
		webhook.Delivered: {200, 201, 202, 204},
		webhook.Away:      {408, 425, 429, 502, 503, 504},
		webhook.Failed:    {301, 302, 303, 307, 308, 401, 403, 404, 500, 501, 505},
		webhook.Refused:   {400, 405, 409, 410, 413, 415, 422},
	} {
		for _, status = range all {
			r := s.Send(t.Context(), []byte("{}"))
			if r.Verdict != verdict {
				t.Errorf("%d: %s", status, r.Verdict)
			}
			if want := fmt.Sprint("the receiver answered ", status); verdict != webhook.Delivered && r.Cause != want {
				t.Errorf("%d: %s", status, r.Cause)
			}
			if got := r.After == 7*time.Second; got != (verdict == webhook.Away) {
				t.Errorf("%d: after %s", status, r.After)
			}
		}
	}
	if followed {
		t.Error("a redirect was followed")
	}
}

// The signature covers the time and the body, and the request has nothing else that authenticates.
func TestSignature(t *testing.T) {
	var got http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	if r := sender(t, server.URL).Send(t.Context(), []byte(`{"id":"1"}`)); r.Verdict != webhook.Delivered {
		t.Fatal(r)
	}
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte("1800000000." + string(body)))
	want := "t=1800000000,v1=" + hex.EncodeToString(h.Sum(nil))
	if got.Get("X-Scim-Proxy-Signature") != want || got.Get("Content-Type") != "application/json" || string(body) != `{"id":"1"}` || got.Get("Authorization") != "" {
		t.Errorf("%v %s", got, body)
	}
}

// No answer means that the receiver is away. The cause has no part of the URL.
func TestNoAnswer(t *testing.T) {
	hold := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(hold)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, url := range map[string]string{"hanging": server.URL + "/hunter2", "closed": closed.URL + "/hunter2", "no such host": "https://hunter2.invalid/hunter2?k=hunter2"} {
		r := sender(t, url).Send(context.Background(), []byte("{}"))
		if r.Verdict != webhook.Away || strings.Contains(strings.ReplaceAll(r.Cause, "hunter2.invalid", ""), "hunter2") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	missing := sender(t, server.URL)
	missing.SecretFile = "none"
	if r := missing.Send(t.Context(), nil); r.Verdict != webhook.Away || !strings.Contains(r.Cause, "secret") {
		t.Errorf("%+v", r)
	}
}

// A name that leads to an address of the link, or with plain HTTP to another machine, is not
// called.
func TestAddresses(t *testing.T) {
	for url, want := range map[string]string{
		"https://169.254.169.254/latest": "link-local",
		"https://[fe80::1]/":             "link-local",
		"https://[64:ff9b::a9fe:a9fe]/":  "link-local", // by NAT64
		"https://[::a9fe:a9fe]/":         "link-local",
		"https://[2002:a9fe:a9fe::1]/":   "link-local", // by 6to4
		"https://[fd00:ec2::254]/":       "link-local", // of Amazon
		"http://[::7f00:1]/":             "plain http",
		"https://0.0.0.0/":               "unspecified",
		"http://192.0.2.1/":              "loopback addresses only",
	} {
		if r := sender(t, url).Send(t.Context(), nil); r.Verdict != webhook.Away || !strings.Contains(r.Cause, want) {
			t.Errorf("%s: %+v", url, r)
		}
	}
}
