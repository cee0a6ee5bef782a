package health_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/keycloak/fault"
)

// watched is a monitor over tenants whose reports are set by the test.
type watched struct {
	*health.Monitor
	mu      sync.Mutex
	reports map[string]health.Report
	asked   map[string]int
	changes []string
}

func watch(names ...string) *watched {
	w := &watched{reports: map[string]health.Report{}, asked: map[string]int{}}
	var tenants []health.Tenant
	for _, name := range names {
		tenants = append(tenants, health.Tenant{Name: name, Realm: name + "-realm", Diagnose: func(context.Context) health.Report {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.asked[name]++
			return w.reports[name]
		}})
	}
	w.Monitor = health.NewMonitor(tenants, time.Now, func(is health.Status) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.changes = append(w.changes, fmt.Sprintf("%s %t %s", is.Name, is.Works(), strings.Join(is.Causes(), ",")))
	})
	return w
}

func (w *watched) set(name string, f health.Finding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports[name] = health.Report{f}
}

// take returns how often each was asked, and what changed, since the last time.
func (w *watched) take() (asked, changes string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked, changes = fmt.Sprint(w.asked), strings.Join(w.changes, "; ")
	w.asked, w.changes = map[string]int{}, nil
	return asked, changes
}

func broken(c fault.Cause) health.Finding {
	return health.Finding{Step: health.Token, Fault: &fault.Fault{Cause: c}}
}

// Every tenant is asked for once. After that one that does not work is, once a minute, one of which
// a request reports a fault, at once, and one that works after an hour. Each change is reported
// once.
func TestMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch("good", "bad")
		w.set("bad", broken(fault.Secret))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.Run(ctx); close(done) }()
		seen := (&fault.Fault{Cause: fault.Audience}).Answer()
		for _, step := range []struct {
			name           string
			do             func()
			asked, changes string
		}{
			{"the start", func() { <-w.Checked() }, "map[bad:1 good:1]", ""},
			{"a minute", func() { time.Sleep(health.Again) }, "map[bad:1]", ""},
			{"a fault of one that fails already", func() { w.Saw("bad", seen) }, "map[]", ""},
			{"other errors", func() { w.Saw("good", nil); w.Saw("good", errors.New("503")); w.Saw("stranger", seen) }, "map[]", ""},
			{"a fault of one that worked", func() { w.set("good", broken(fault.Audience)); w.Saw("good", seen); w.Saw("good", seen) },
				"map[good:1]", "good false audience"},
			{"it heals, and the other gets another cause", func() {
				w.set("good", health.Finding{})
				w.set("bad", broken(fault.Role))
				time.Sleep(health.Again)
			}, "map[bad:1 good:1]", "good true ; bad false role"},
			{"Keycloak does not answer: what was known stays", func() {
				w.set("bad", health.Finding{Open: errors.New("down")})
				time.Sleep(health.Again)
			}, "map[bad:1]", ""},
			{"a minute later", func() { w.set("bad", health.Finding{}); time.Sleep(health.Again) }, "map[bad:1]", "bad true "},
			{"all work", func() { time.Sleep(10 * health.Again) }, "map[]", ""},
			{"an hour", func() { time.Sleep(health.Recheck - 8*health.Again) }, "map[bad:1 good:1]", ""},
			{"a fault that a diagnosis does not find", func() {
				for range 20 {
					w.Saw("good", seen)
					time.Sleep(time.Second)
				}
			}, "map[good:2]", ""},
		} {
			step.do()
			synctest.Wait()
			asked, changes := w.take()
			if step.name == "the start" {
				for _, want := range []string{"good true ", "bad false secret"} {
					if !strings.Contains(changes, want) {
						t.Errorf("%s: no %q in %q", step.name, want, changes)
					}
				}
				changes = ""
			}
			if asked != step.asked || !sameParts(changes, step.changes) {
				t.Errorf("%s: asked %s, changes %q; want %s, %q", step.name, asked, changes, step.asked, step.changes)
			}
		}
		cancel()
		<-done
	})
}

// sameParts compares lists whose order does not matter.
func sameParts(a, b string) bool {
	for part := range strings.SplitSeq(a, "; ") {
		if !strings.Contains(b, part) {
			return false
		}
	}
	return len(a) == len(b)
}

// A diagnosis that is cut off by the end of the program says nothing.
func TestMonitorEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := health.NewMonitor([]health.Tenant{{Name: "slow", Diagnose: func(ctx context.Context) health.Report {
			<-ctx.Done()
			return health.Report{{Open: ctx.Err()}}
		}}}, time.Now, func(is health.Status) { t.Errorf("%+v", is) })
		done := make(chan struct{})
		go func() { m.Run(ctx); close(done) }()
		synctest.Wait()
		if s := m.Status(); s[0].Asked {
			t.Errorf("%+v", s)
		}
		cancel()
		<-done
	})
}

// A tenant that is new or changed is asked for at once, and one that is gone never again, also if
// it is asked for meanwhile.
func TestMonitorOfOtherTenants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch("a", "b")
		w.set("a", broken(fault.Secret))
		hold := make(chan struct{})
		tenant := func(name string, is int) health.Tenant {
			return health.Tenant{Name: name, Realm: name + "-realm", Is: is, Diagnose: func(context.Context) health.Report {
				w.mu.Lock()
				w.asked[name]++
				report := w.reports[name]
				w.mu.Unlock()
				if name == "slow" {
					<-hold
				}
				return report
			}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.Run(ctx); close(done) }()
		synctest.Wait()
		w.take()
		for _, step := range []struct {
			name           string
			do             func()
			asked, changes string
		}{
			{"one is gone, one is new", func() { w.Watch([]health.Tenant{tenant("b", 1), tenant("c", 1)}) }, "map[b:1 c:1]", "b true ; c true "},
			{"the same", func() { w.Watch([]health.Tenant{tenant("b", 1), tenant("c", 1)}) }, "map[]", ""},
			{"one is another", func() { w.set("c", broken(fault.Role)); w.Watch([]health.Tenant{tenant("b", 1), tenant("c", 2)}) }, "map[c:1]", "c false role"},
			{"a minute later", func() { time.Sleep(health.Again) }, "map[c:1]", ""},
			{"it ends while it is asked for", func() {
				w.Watch([]health.Tenant{tenant("b", 1), tenant("slow", 1)})
				synctest.Wait()
				w.Watch([]health.Tenant{tenant("b", 1)})
				close(hold)
			}, "map[slow:1]", ""},
			{"nothing is left to ask", func() { time.Sleep(5 * health.Again) }, "map[]", ""},
		} {
			step.do()
			synctest.Wait()
			if asked, changes := w.take(); asked != step.asked || !sameParts(changes, step.changes) {
				t.Errorf("%s: asked %s, changes %q; want %s, %q", step.name, asked, changes, step.asked, step.changes)
			}
		}
		if all := w.Status(); len(all) != 1 || all[0].Name != "b" || !all[0].Works() {
			t.Errorf("%+v", all)
		}
		cancel()
		<-done
	})
}

// A tenant was last checked when a diagnosis could last decide.
func TestChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch("one")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		begun := time.Now()
		w.set("one", health.Finding{Open: errors.New("down")})
		go w.Run(ctx)
		synctest.Wait()
		if at := w.Status()[0].Checked; !at.IsZero() {
			t.Errorf("checked at %v although nothing was decided", at)
		}
		w.set("one", broken(fault.Secret))
		time.Sleep(health.Again)
		synctest.Wait()
		w.set("one", health.Finding{Open: errors.New("down")})
		time.Sleep(health.Again)
		synctest.Wait()
		if at := w.Status()[0].Checked; at.Sub(begun) != health.Again {
			t.Errorf("checked after %v", at.Sub(begun))
		}
	})
}
