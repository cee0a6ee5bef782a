package test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// program runs a binary for the world, with Keycloak at a URL and more configuration. It returns
// the path of the configuration.
func (w *world) program(t *testing.T, binary, keycloak, more string) (p *proxytest.Program, c client, file string) {
	t.Helper()
	file = w.files(t, keycloak)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "adminListen: \"\"\n", more, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p = proxytest.StartProgram(t, binary, file)
	return p, client{p.URL + "/scim/v2", w.tenantToken}, file
}

// freeAddress is an address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// ready returns the status of /readyz, 0 if nothing answers.
func ready(admin string) int {
	res, err := http.Get("http://" + admin + "/readyz")
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// After SIGTERM the program is not ready, and still accepts requests for timeouts.drain. A second
// signal ends it at once.
func TestDrain(t *testing.T) {
	w := newWorld(t)
	admin := freeAddress(t)
	p, c, _ := w.program(t, proxytest.Build(t), w.realm.Server.URL, fmt.Sprintf("adminListen: %q\ntimeouts: {drain: 1h}\n", admin))
	if s := ready(admin); s != http.StatusOK {
		t.Fatalf("ready: %d", s)
	}
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for ready(admin) == http.StatusOK {
	}
	if s := ready(admin); s != http.StatusServiceUnavailable {
		t.Errorf("ready: %d after SIGTERM", s)
	}
	if _, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(1).String()); err != nil {
		t.Errorf("a request while the program drains: %v", err)
	}
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := p.Cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("the second signal: %v", err)
	}
}

// When the drain is over, the program ends by itself: a short one, and none.
func TestDrainEnds(t *testing.T) {
	w := newWorld(t)
	binary := proxytest.Build(t)
	for _, drain := range []string{"", "timeouts: {drain: 300ms}\n"} {
		p, _, _ := w.program(t, binary, w.realm.Server.URL, "adminListen: \"\"\n"+drain)
		p.Stop(t)
	}
}

// The program is stopped in the middle of a bulk request. The operations that run finish, the
// others are 503, each as it is in Keycloak, and the program ends without an error. Sent again to a
// new process, the others are done; nothing is done twice.
func TestBulkIsStopped(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	p, c, file := w.program(t, proxytest.Build(t), f.URL, "adminListen: \"\"\n")
	if _, err := c.send(t.Context(), "GET", "/Users?count=1", ""); err != nil {
		t.Fatal(err)
	}
	const all, before = 120, 30
	stopped, creates := make(chan struct{}), atomic.Int64{}
	reached := make(chan struct{})
	hold := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/scim/v2/Users") {
			if n := creates.Add(1); n == before {
				close(reached)
			} else if n < before {
				return false
			}
			<-stopped
		}
		return false
	}
	f.Before.Store(&hold)
	answer := make(chan kctest.Reply, 1)
	go func() { answer <- c.raw(t, "POST", "/Bulk", bulkOf("stopped", all)) }()
	<-reached
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for listens(p.URL) {
	}
	close(stopped)
	a := <-answer
	if err := p.Cmd.Wait(); err != nil {
		t.Errorf("the program ends with %v", err)
	}
	rows := gjson.GetBytes(a.Body, "Operations").Array()
	var again []string
	for i, row := range rows {
		switch row.Get("status").Int() {
		case 201:
		case 503:
			if !strings.Contains(row.Get("response.detail").String(), "it had no effect") {
				t.Errorf("%s", row)
			}
			again = append(again, gjson.Get(bulkOf("stopped", all), fmt.Sprintf("Operations.%d", i)).Raw)
		default:
			t.Errorf("%s", row)
		}
	}
	done := len(rows) - len(again)
	if a.Status != http.StatusOK || len(rows) != all || done < before || done >= all || creates.Load() != int64(done) {
		t.Fatalf("%d with %d results: %d done, %d creates in Keycloak", a.Status, len(rows), done, creates.Load())
	}
	f.Before.Store(nil)
	p = proxytest.StartProgram(t, p.Cmd.Path, file)
	c = client{p.URL + "/scim/v2", w.tenantToken}
	a = c.raw(t, "POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`+strings.Join(again, ",")+`]}`)
	for _, row := range gjson.GetBytes(a.Body, "Operations").Array() {
		if row.Get("status").Int() != 201 {
			t.Errorf("sent again: %s", row)
		}
	}
	list, err := c.send(t.Context(), "GET", "/Users?filter=userName%20sw%20%22stopped%22&count=1", "")
	if err != nil || list.Page.Total != all {
		t.Errorf("%v, %d users, want %d", err, list.Page.Total, all)
	}
}

// listens reports whether a server accepts connections.
func listens(url string) bool {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
