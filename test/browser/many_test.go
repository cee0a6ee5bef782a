package browser

import (
	"bufio"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/test/proxytest"
)

const (
	// manyPages are open at once: half of the console, half of customers, of manyTenants.
	manyPages, manyTenants = 50, 5
	// perSession is how many streams a session of the console may have.
	perSession = 4
	// grows is by how much the memory that the program holds may grow with them, in bytes. The
	// resident memory has garbage too.
	grows = 20 << 20
	// writes are sent before and while the pages are open.
	writes = 100
)

// follower reads the stream of a page.
type follower struct {
	events atomic.Int64
	mu     sync.Mutex
	last   string
}

// follow opens the stream of a page until the context ends.
func follow(ctx context.Context, t *testing.T, c *http.Client, at string) *follower {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Do(r) //nolint:bodyclose // the reader closes it
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d", at, a.StatusCode)
	}
	f := &follower{}
	go func() {
		defer a.Body.Close()
		for lines := bufio.NewReader(a.Body); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, "data: {") {
				f.mu.Lock()
				f.last = line
				f.mu.Unlock()
				f.events.Add(1)
			}
		}
	}()
	return f
}

// visitor is a browser without a window.
func visitor(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	to := &http.Transport{}
	t.Cleanup(to.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: to}
}

func answer(t *testing.T, a *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", a.StatusCode, text, err)
	}
	return string(text)
}

var field = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// enter begins a set-up.
func (i *installation) enter(t *testing.T, tenant string) *http.Client {
	t.Helper()
	out, code := proxytest.Run(t, program(t), "tenant", "invite", tenant, "--live", "--config", i.config())
	link, _, _ := strings.Cut(out[strings.Index(out, i.public+"/setup/"):], "\n")
	if code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	c, form := visitor(t), url.Values{}
	a, err := c.Get(link) //nolint:noctx // ends with the test
	for _, f := range field.FindAllStringSubmatch(answer(t, a, err), -1) {
		form.Set(f[1], html.UnescapeString(f[2]))
	}
	a, err = c.PostForm(i.public+"/setup/enter", form) //nolint:noctx // ends with the test
	if got := answer(t, a, err); !strings.Contains(got, "Checklist") {
		t.Fatalf("no set-up: %s", got)
	}
	return c
}

// resident is the memory of the program, in KiB.
func resident(t *testing.T, p *proxytest.Program) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Cmd.Process.Pid))
	if err != nil {
		t.Skipf("memory is read on Linux only: %v", err)
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// measured are counters of the program, and the times of requests.
type measured struct {
	calls, reads float64 // calls to Keycloak of requests; pages of lists that were read in the store
	memory       int     // resident, in KiB
	held         float64 // in use after garbage was collected, in bytes
	took         []time.Duration
	lasted       time.Duration
}

var sample = regexp.MustCompile(`(?m)^(\w+)(\{[^}]*\})? ([0-9.e+]+)$`)

// counters are those of the program. The goal of the next collection is twice the heap that the
// last one has left.
func (i *installation) counters(t *testing.T) (calls, reads, held float64) {
	t.Helper()
	a, err := http.Get(i.admin + "/metrics") //nolint:noctx // ends with the test
	for _, s := range sample.FindAllStringSubmatch(answer(t, a, err), -1) {
		n, err := strconv.ParseFloat(s[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case s[1] == "scim_request_keycloak_calls_sum":
			calls += n
		case s[1] == "scim_store_operation_duration_seconds_count" && regexp.MustCompile(`"(find|scan|page)"`).MatchString(s[2]):
			reads += n
		case s[1] == "go_memstats_next_gc_bytes":
			held += n / 2
		case s[1] == "go_memstats_stack_inuse_bytes":
			held += n
		}
	}
	return calls, reads, held
}

// load sends writes, each followed by a read, and measures.
func (i *installation) load(t *testing.T, p *proxytest.Program, name string) (m measured) {
	t.Helper()
	calls, reads, _ := i.counters(t)
	begun := time.Now()
	for n := range writes {
		tenant := fmt.Sprintf("t%d", n%manyTenants)
		user := fmt.Sprintf("%s-%d@example.com", name, n)
		for _, r := range [][3]string{{http.MethodPost, "/Users", person(user, "A name")}, {http.MethodGet, "/Users?filter=" + url.QueryEscape(`userName eq "`+user+`"`), ""}} {
			at := time.Now()
			if a := i.scim(t, r[0], tenant, i.tokens[tenant], r[1], r[2]); a.Status >= 300 {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			m.took = append(m.took, time.Since(at))
		}
		m.memory = max(m.memory, resident(t, p))
	}
	m.lasted = time.Since(begun)
	m.calls, m.reads, m.held = i.counters(t)
	m.calls, m.reads = m.calls-calls, m.reads-reads
	slices.Sort(m.took)
	return m
}

// watched is for how long readings are counted while no provider sends anything.
const watched = 3 * time.Second

// readings counts how many lists are read in the store while pages are open.
func (i *installation) readings(t *testing.T) float64 {
	t.Helper()
	_, before, _ := i.counters(t)
	select {
	case <-time.After(watched):
	case <-t.Context().Done():
	}
	_, after, _ := i.counters(t)
	return after - before
}

func (m measured) String() string {
	at := func(part int) time.Duration { return m.took[len(m.took)*part/100].Round(100 * time.Microsecond) }
	return fmt.Sprintf("%d requests, p50 %v, p99 %v, %.0f calls to Keycloak, %.1f lists read in the store per second, %.1f MiB resident, %.1f held",
		len(m.took), at(50), at(99), m.calls, m.reads/m.lasted.Seconds(), float64(m.memory)/1024, m.held/(1<<20))
}

// Open pages cost little memory, and requests of providers do not depend on them.
func TestManyPagesAreOpen(t *testing.T) {
	t.Parallel()
	tenants := map[string]string{}
	for n := range manyTenants {
		tenants[fmt.Sprintf("t%d", n)] = "idp: generic\nsharedRealm: true"
	}
	i := install(t, plan{open: true, tenants: tenants})
	p := i.start()
	i.load(t, p, "warm")
	closed := i.load(t, p, "closed")
	t.Logf("no page:  %v", closed)

	ctx, end := context.WithCancel(t.Context())
	defer end()
	var all []*follower
	few := 0.0 // readings with one page of each kind and tenant
	var operator *http.Client
	customers := map[string]*http.Client{}
	for n := range manyPages / 2 {
		tenant := fmt.Sprintf("t%d", n%manyTenants)
		if n%perSession == 0 {
			operator = visitor(t)
		}
		a, err := operator.Get(i.console + "/tenants/" + tenant) //nolint:noctx // ends with the test
		answer(t, a, err)
		if customers[tenant] == nil {
			customers[tenant] = i.enter(t, tenant)
		}
		if n == manyTenants {
			few = i.readings(t)
		}
		all = append(all, follow(ctx, t, operator, i.console+"/live/tenants/"+tenant), follow(ctx, t, customers[tenant], i.public+"/setup/live"))
	}
	if many := i.readings(t); many > 2*few {
		t.Errorf("%d pages read the journals %.0f times, %d pages %.0f times: they do not share it", len(all), many, 2*manyTenants, few)
	} else {
		t.Logf("in %v, %d pages read the journals %.0f times, %d pages %.0f times", watched, len(all), many, 2*manyTenants, few)
	}
	open := i.load(t, p, "open")
	t.Logf("%d pages: %v", len(all), open)
	if len(all) != manyPages {
		t.Errorf("%d pages", len(all))
	}
	for n, f := range all {
		if f.events.Load() < 2 {
			t.Errorf("the page %d was sent %d events", n, f.events.Load())
		}
	}
	late := time.After(deadline)
	for _, f := range all { // each page gets to the end of what has happened
		for done := false; !done; {
			f.mu.Lock()
			done = strings.Contains(f.last, "open-9") || strings.Contains(f.last, "progress")
			f.mu.Unlock()
			select {
			case <-late:
				t.Fatal("a page does not show the last write")
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	if open.calls != closed.calls {
		t.Errorf("requests make %.0f calls to Keycloak, and %.0f without pages", open.calls, closed.calls)
	}
	if more := open.held - closed.held; more > grows || open.memory-closed.memory > 2*grows>>10 {
		t.Errorf("the memory grows by %.1f MiB, and resident by %d KiB", more/(1<<20), open.memory-closed.memory)
	}
}
