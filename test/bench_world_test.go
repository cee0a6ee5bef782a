package test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// patience is how long a bench waits for an answer. Keycloak needs minutes for many members on a
// slow machine.
const patience = 10 * time.Minute

// errUnanswered means that a request got no answer in time, or a status of 500 or more.
var errUnanswered = errors.New("not answered")

// caller sends requests to one base URL. A request that is not answered with 2xx is an error.
type caller struct {
	http  *http.Client
	base  string
	token func() string
}

func newCaller(base string, token func() string) caller {
	return caller{&http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}, base, token}
}

func (c caller) send(method, path, body string) ([]byte, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token())
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	res, err := c.http.Do(req)
	if err != nil && os.IsTimeout(err) {
		return nil, fmt.Errorf("%w: time-out", errUnanswered)
	} else if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	switch {
	case err != nil && os.IsTimeout(err):
		return nil, fmt.Errorf("%w: time-out", errUnanswered)
	case err == nil && res.StatusCode >= 500:
		return nil, fmt.Errorf("%w: %d", errUnanswered, res.StatusCode)
	case err == nil && res.StatusCode >= 300:
		return nil, fmt.Errorf("%s %s: %d %.500s", method, path, res.StatusCode, answer)
	}
	return answer, err
}

// sends returns a contender's run that sends one request.
func (c caller) sends(method, path, body string) func() error {
	return func() error {
		_, err := c.send(method, path, body)
		return err
	}
}

// create creates a resource and returns its id.
func (c caller) create(b *testing.B, path, body string) string {
	b.Helper()
	answer, err := c.send("POST", path, body)
	if err != nil {
		b.Fatal(err)
	}
	return gjson.GetBytes(answer, "id").String()
}

// arena is a new realm with a proxy that runs as a program of its own, and a caller for each way
// into the realm. The proxy has as much time for a request as Keycloak, so that lists that take
// longer than limits.request by default are measured.
type arena struct {
	*world
	binary, config string
	program        *proxytest.Program
	ours, native   caller
}

func newArena(b *testing.B, binary string) *arena {
	b.Helper()
	r := kctest.NewRealm(b)
	w := plannedWorld(b, r, r.Server.URL)
	a := &arena{world: w, binary: binary, config: w.files(b, r.Server.URL)}
	edit(b, a.config, "limits: {", fmt.Sprintf("limits: {request: %v, ", patience))
	a.start(b)
	a.native = newCaller(r.Server.URL+"/realms/"+r.Name+"/scim/v2", func() string { return r.Token("scim", w.secret) })
	return a
}

// start starts the proxy, or starts it anew.
func (a *arena) start(b *testing.B) {
	b.Helper()
	if a.program != nil {
		a.program.Kill()
	}
	a.program = proxytest.StartProgram(b, a.binary, a.config)
	a.ours = newCaller(a.program.URL+"/scim/v2", func() string { return a.tenantToken })
	if _, err := a.ours.send("GET", "/Users?count=1", ""); err != nil { // it gets its token and the realm's settings
		b.Fatal(err)
	}
}

// fill creates n users natively, with names that are not in the order of the userNames. They are in
// groups, by their paths.
func (a *arena) fill(b *testing.B, n int, groups ...string) (ids []string) {
	b.Helper()
	in := make([]string, len(groups))
	for i, group := range groups {
		in[i] = document.Quote(group)
	}
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"username":"user%05[1]d","enabled":true,"email":"user%05[1]d@example.com","firstName":"F%[1]d","lastName":"L%05[2]d","groups":%[3]s}`, i, i*7919%n, document.Array(in))
	}
	for some := range slices.Chunk(list, 400) {
		answer := a.realm.Admin("POST", "/partialImport", `{"ifResourceExists":"FAIL","users":`+document.Array(some)+`}`)
		if answer.Status != 200 {
			b.Fatalf("import: %d %s", answer.Status, answer.Body)
		}
		for _, r := range gjson.GetBytes(answer.Body, "results").Array() {
			ids = append(ids, r.Get("id").String())
		}
	}
	return ids
}

// process reads figures of a process from /proc. They are 0 on other systems than Linux.
type process int

// resident returns the current and the largest resident memory in MiB.
func (p process) resident() (now, peak float64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch name {
		case "VmRSS":
			now = kib / 1024
		case "VmHWM":
			peak = kib / 1024
		}
	}
	return now, peak
}

// cpu returns the processor time that the process has used. Linux counts it in hundredths of a
// second.
func (p process) cpu() time.Duration {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	_, rest, _ := strings.Cut(string(stat), ") ") // the name of the program may have blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
