package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/control"
)

type ask struct{ N int }

// operations send N numbers, and fail for a negative one.
var operations = control.Operations{"count": control.Of(func(_ context.Context, a ask, send func(any) error) error {
	for i := range a.N {
		if err := send(i); err != nil {
			return err
		}
	}
	if a.N < 0 {
		return errors.New("negative")
	}
	return nil
})}

func TestControl(t *testing.T) {
	store := config.Store{Embedded: &config.Embedded{Path: filepath.Join(t.TempDir(), "store.db")}}
	file := control.FileOf(store.Embedded.Path)
	count := func(operation string, n int) (sum int, err error) {
		err = control.Ask(t.Context(), store, operation, ask{n}, func(raw json.RawMessage) error {
			var i int
			sum++
			return json.Unmarshal(raw, &i)
		})
		return sum, err
	}
	if _, err := count("count", 3); !errors.Is(err, control.ErrNone) {
		t.Errorf("without a proxy: %v", err)
	}
	s, err := control.Open(t.Context(), store, operations)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	if n, err := count("count", 3); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := count("count", -1); err == nil || err.Error() != "negative" {
		t.Errorf("%v", err)
	}
	if _, err := count("other", 1); !errors.Is(err, control.ErrNone) || !strings.Contains(err.Error(), "another version") {
		t.Errorf("%v", err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	raw, err := os.ReadFile(file)
	var at struct{ URL, Token string }
	if err != nil || json.Unmarshal(raw, &at) != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*http.Request){
		"no token":    func(r *http.Request) { r.Header.Del("Authorization") },
		"wrong token": func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		"a page":      func(r *http.Request) { r.Header.Set("Origin", "null") },
		"rebound":     func(r *http.Request) { r.Host = "example.com" },
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at.URL+"/count", strings.NewReader(`{"N":1}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+at.Token)
		change(r)
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(a.Body); a.StatusCode != http.StatusForbidden || strings.Contains(string(body), "result") {
			t.Errorf("%s: %d %s", name, a.StatusCode, body)
		}
		_ = a.Body.Close()
	}
	stop()
	<-done
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file is left: %v", err)
	}
	if _, err := count("count", 1); !errors.Is(err, control.ErrNone) {
		t.Errorf("after the end: %v", err)
	}
	redis := config.Store{Redis: &config.Redis{}}
	if s, err := control.Open(t.Context(), redis, operations); s != nil || err != nil {
		t.Errorf("with Redis: %v, %v", s, err)
	}
	if err := control.Ask(t.Context(), redis, "count", nil, nil); !errors.Is(err, control.ErrNone) {
		t.Errorf("with Redis: %v", err)
	}
}

// A file of a proxy that was killed names a port where nothing answers.
func TestStaleFile(t *testing.T) {
	store := config.Store{Embedded: &config.Embedded{Path: filepath.Join(t.TempDir(), "store.db")}}
	if err := os.WriteFile(control.FileOf(store.Embedded.Path), []byte(`{"url":"http://127.0.0.1:1","token":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := control.Ask(t.Context(), store, "count", nil, nil); !errors.Is(err, control.ErrNone) {
		t.Error(err)
	}
}
