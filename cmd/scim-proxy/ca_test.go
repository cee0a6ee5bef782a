package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Commands trust the certificates of --ca-file, and nothing else.
func TestCAFile(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer s.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	users := filepath.Join(t.TempDir(), "users.csv")
	for _, file := range []string{empty, users} {
		if err := os.WriteFile(file, []byte("userName\nada\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(tokenVariable, "secret")
	for _, command := range []string{"health --url " + s.URL, "simulate --url " + s.URL, "import " + users + " --url " + s.URL + "/scim/v2"} {
		for _, row := range []struct {
			flag, want string
			code       int
		}{
			{"", "unknown authority", 1},
			{" --ca-file " + ca, "418", 1}, // the server has answered
			{" --ca-file " + empty, "does not contain a certificate", 2},
			{" --ca-file /no/such/file", "--ca-file", 2},
		} {
			out, errs, code := executed(t, strings.Fields(command+row.flag)...)
			if code != row.code || !strings.Contains(out+errs, row.want) {
				t.Errorf("%s%s: exit code %d\n%s%s", command, row.flag, code, out, errs)
			}
		}
	}
}
