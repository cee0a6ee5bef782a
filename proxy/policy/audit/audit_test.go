package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/policy/audit"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// paper is an output. A write blocks while hold is not nil, and fails with err after some bytes.
type paper struct {
	bytes.Buffer
	hold chan struct{}
	err  error
	some int
}

func (p *paper) Write(b []byte) (int, error) {
	if p.hold != nil {
		<-p.hold
	}
	if p.err != nil {
		n, _ := p.Buffer.Write(b[:p.some])
		return n, p.err
	}
	return p.Buffer.Write(b)
}

func (p *paper) Close() error { return nil }

func on(t *testing.T, p *paper, values bool, failed func(error)) *audit.Trail {
	t.Helper()
	trail, err := audit.To(func() (io.WriteCloser, error) { return p, nil }, values, failed)
	if err != nil {
		t.Fatal(err)
	}
	return trail
}

func op(kind scim.OpKind, path, value string) scim.Op {
	o := scim.Op{Kind: kind, Value: value}
	if path != "" {
		o.Path, _ = scim.ParsePath(path)
	}
	return o
}

const (
	core  = "urn:ietf:params:scim:schemas:core:2.0:User"
	begin = `{"time":"2026-11-26T08:00:00Z","tenant":"acme","realm":"saas","key":"k1","request":"r1",`
)

// lines has writes with their outcomes, and the lines without and with values.
func lines() map[string]struct {
	call         protocol.Call
	answer       protocol.Answer
	err          error
	want, values string
} {
	type row = struct {
		call         protocol.Call
		answer       protocol.Answer
		err          error
		want, values string
	}
	ref := scim.Ref{Type: scim.User, ID: "u1"}
	body := document.Must(`{"schemas":["` + core + `"],"id":"x","userName":"ada","password":"hunter2","name":{"givenName":"Ada"},"title":null,` +
		`"emails":[{"value":"a@x"}],"urn:x:User":{"badge":"7"},"` + core + `":{"password":"hunter2"}}`)
	many := document.NewObject()
	for i := range 103 {
		many.Put(fmt.Sprintf("a%03d", i), `"`+strings.Repeat("x", 1000)+`"`)
	}
	return map[string]row{
		"create": {
			protocol.Create{Type: scim.User, Body: body}, protocol.Answer{Made: ref}, nil,
			`"call":"create","type":"User","id":"u1","name":"ada","attributes":["emails","name.givenName","password","title","urn:ietf:params:scim:schemas:core:2.0:User:password","urn:x:User:badge","userName"],"status":201}`,
			`,"values":{"schemas":["` + core + `"],"id":"x","userName":"ada","name":{"givenName":"Ada"},"title":null,"emails":[{"value":"a@x"}],"urn:x:User":{"badge":"7"},"` + core + `":{}}}`,
		},
		"refused": {
			protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"g"}`)}, protocol.Answer{}, scim.Uniqueness("taken: hunter2"),
			`"call":"create","type":"Group","name":"g","attributes":["displayName"],"status":409,"scimType":"uniqueness"}`, `,"values":{"displayName":"g"}}`,
		},
		"replace": {
			protocol.Replace{Ref: ref, Body: document.Must(`{"userName":"ada","active":false}`)}, protocol.Answer{}, context.DeadlineExceeded,
			`"call":"replace","type":"User","id":"u1","name":"ada","attributes":["active","userName"],"status":504}`, `,"values":{"userName":"ada","active":false}}`,
		},
		"patch": {
			protocol.Patch{Ref: ref, Ops: []scim.Op{
				op("replace", `emails[value eq "secret@x"].value`, `"b@x"`), op("add", "", `{"title":"t","password":"hunter2"}`), op("replace", "password", `"hunter2"`), op("remove", core+":password", ""), op("add", "title", `"u"`),
			}},
			protocol.Answer{Resource: document.Must(`{"userName":"ada"}`)}, nil,
			`"call":"patch","type":"User","id":"u1","name":"ada","attributes":["emails.value","password","title"],"status":200}`,
			`,"values":[{"op":"replace","path":"emails[value eq \"secret@x\"].value","value":"b@x"},{"op":"add","value":{"title":"t"}},{"op":"replace","path":"password"},{"op":"remove","path":"password"},{"op":"add","path":"title","value":"u"}]}`,
		},
		"delete": {protocol.Delete{Ref: ref}, protocol.Answer{}, nil, `"call":"delete","type":"User","id":"u1","status":204}`, `}`},
		"many": {
			protocol.Replace{Ref: ref, Body: many.Resource()}, protocol.Answer{}, nil,
			`"call":"replace","type":"User","id":"u1","attributes":[` + func() (s string) {
				for i := range 100 {
					s += fmt.Sprintf(`,"a%03d"`, i)
				}
				return s[1:]
			}() + `],"attributesLeftOut":3,"status":200}`, `,"valuesLeftOut":true}`,
		},
		"passwords in odd places": {
			protocol.Patch{Ref: ref, Ops: []scim.Op{op("add", "", `{"`+core+`:PassWord":"hunter2","urn:x:y":{"a":{"Password":"hunter2","b":1}},"c":[{"password":"hunter2"},[2]],"password.value":"hunter2"}`)}},
			protocol.Answer{}, nil, `"call":"patch","type":"User","id":"u1","attributes":["c","password.value","` + core + `:PassWord","urn:x:y:a"],"status":200}`,
			`,"values":[{"op":"add","value":{"urn:x:y":{"a":{"b":1}},"c":[{},[2]]}}]}`,
		},
		"read": {protocol.Read{Ref: ref}, protocol.Answer{}, nil, "", ""},
	}
}

func TestLines(t *testing.T) {
	for name, row := range lines() {
		for _, values := range []bool{false, true} {
			p := &paper{}
			trail := on(t, p, values, func(err error) { t.Error(err) })
			o := audit.Options{Trail: trail, Now: func() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.FixedZone("", 3600)) }, RequestID: func(context.Context) string { return "r1" }}
			s := o.Service(protocol.ServiceFunc(func(context.Context, protocol.Call) (protocol.Answer, error) { return row.answer, row.err }), audit.Who{Tenant: "acme", Realm: "saas", Key: "k1"})
			if a, err := s.Do(t.Context(), row.call); !errors.Is(err, row.err) || a.Made != row.answer.Made {
				t.Errorf("%s: %v, %v", name, a, err)
			}
			if err := trail.Close(); err != nil {
				t.Error(err)
			}
			want := row.want
			if want != "" {
				want = begin + want + "\n"
			}
			if values && want != "" {
				want = strings.TrimSuffix(want, "}\n") + row.values + "\n"
			}
			if p.String() != want {
				t.Errorf("%s:\n%swant\n%s", name, p.String(), want)
			}
			if strings.Contains(p.String(), "hunter2") {
				t.Errorf("%s: a password is written", name)
			}
		}
	}
}

// If the output hangs, a write waits for a second, then its line is lost. Lines that wait are
// written when the output goes on, and at the end.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begun := &paper{hold: make(chan struct{})}, time.Now()
		var said []string
		trail := on(t, p, false, func(err error) { said = append(said, fmt.Sprint(err)) })
		for range audit.Queued + 1 {
			trail.Put("x")
			synctest.Wait()
		}
		if time.Since(begun) != 0 || trail.Lost() != 0 {
			t.Fatalf("%v, %d lost", time.Since(begun), trail.Lost())
		}
		for range 2 {
			trail.Put("late")
		}
		if time.Since(begun) != 2*time.Second || trail.Lost() != 2 || len(said) != 1 {
			t.Errorf("%v, %d lost, %v", time.Since(begun), trail.Lost(), said)
		}
		close(p.hold)
		synctest.Wait()
		trail.Put("then")
		if err := trail.Close(); err != nil {
			t.Error(err)
		}
		if want := strings.Repeat("x\n", audit.Queued+1) + "then\n"; p.String() != want || len(said) != 2 || said[1] != "<nil>" {
			t.Errorf("%d lines, %v", strings.Count(p.String(), "\n"), said)
		}
		if trail.Put("after the end"); trail.Lost() != 3 {
			t.Errorf("%d lost", trail.Lost())
		}
	})
}

// The end of the program does not wait for ever, and writes what it can.
func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{hold: make(chan struct{})}
		trail := on(t, p, false, func(error) {})
		trail.Put("x")
		if err := trail.Close(); err == nil {
			t.Error("a line that is not written is not reported")
		}
		close(p.hold)
		if err := trail.Close(); err != nil || p.String() != "x\n" {
			t.Errorf("%v, %q", err, p.String())
		}
	})
}

// A full disk is reported once, lines are counted as lost, and a torn line does not spoil the next.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		var said []string
		trail := on(t, p, false, func(err error) { said = append(said, fmt.Sprint(err)) })
		put := func(line string) {
			trail.Put(line)
			synctest.Wait()
		}
		put("first")
		p.err, p.some = errors.New("full"), 3
		put("second")
		p.some = 0
		put("third")
		p.err = nil
		put("fourth")
		if err := trail.Close(); err != nil {
			t.Error(err)
		}
		if want := "first\nsec\nfourth\n"; p.String() != want || trail.Lost() != 2 || strings.Join(said, " ") != "full <nil>" {
			t.Errorf("%q, %d lost, %v", p.String(), trail.Lost(), said)
		}
	})
}

// A file is appended to, its owner alone can read it, and it can be renamed while it is used.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	file, old := filepath.Join(dir, "audit.log"), filepath.Join(dir, "audit.log.1")
	failed := make(chan error, 10)
	open := func() *audit.Trail {
		trail, err := audit.Open(&config.Audit{File: file}, func(err error) { failed <- err })
		if err != nil {
			t.Fatal(err)
		}
		return trail
	}
	first := open()
	first.Put("first")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open()
	second.Put("second")
	for text := ""; text != "first\nsecond\n"; { // written before the file is renamed
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	if err := os.Rename(file, old); err != nil {
		t.Fatal(err)
	}
	second.Reopen()
	for _, err := os.Stat(file); err != nil; _, err = os.Stat(file) {
		if !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	second.Put("third")
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{old: "first\nsecond\n", file: "third\n"} {
		b, err := os.ReadFile(path)
		info, wrong := os.Stat(path)
		if err != nil || wrong != nil || string(b) != want || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %q, %v, %v", path, b, info.Mode(), err)
		}
	}
	if _, err := audit.Open(&config.Audit{File: filepath.Join(dir, "none", "audit.log")}, nil); err == nil {
		t.Error("a file in no directory")
	}
}

// If the file cannot be opened again, the old one goes on.
func TestReopenFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, opened := &paper{}, 0
		var said []error
		trail, err := audit.To(func() (io.WriteCloser, error) {
			if opened++; opened > 1 {
				return nil, os.ErrPermission
			}
			return p, nil
		}, false, func(err error) { said = append(said, err) })
		if err != nil {
			t.Fatal(err)
		}
		trail.Reopen()
		synctest.Wait()
		trail.Put("x")
		if err := trail.Close(); err != nil || p.String() != "x\n" || len(said) != 1 || !errors.Is(said[0], os.ErrPermission) || trail.Lost() != 0 {
			t.Errorf("%v, %q, %v", err, p.String(), said)
		}
	})
}

// Without a configuration there is no trail, and nothing between the caller and the service.
func TestNone(t *testing.T) {
	trail, err := audit.Open(nil, nil)
	if trail.Reopen(); err != nil || trail != nil || trail.Lost() != 0 || trail.Close() != nil {
		t.Errorf("%v, %v", trail, err)
	}
	called := false
	s := audit.Options{}.Service(protocol.ServiceFunc(func(context.Context, protocol.Call) (protocol.Answer, error) {
		called = true
		return protocol.Answer{}, nil
	}), audit.Who{})
	if _, err := s.Do(t.Context(), protocol.Delete{}); err != nil || !called {
		t.Error(err)
	}
}
