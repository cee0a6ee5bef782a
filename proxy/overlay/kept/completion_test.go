package kept_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// completion is a Completion that runs, with its reports.
type completion struct {
	*kept.Completion
	store           *storetest.Memory
	lacking, failed int // sum of records, and reports of errors
	stop            func()
}

// keep runs passes over a space in a synctest bubble. Several on one store stand for processes.
func keep(m *storetest.Memory, shared bool) *completion {
	c := &completion{store: m}
	c.Completion = &kept.Completion{Records: m.Open("realm"), Keys: m.Open("keys"), Shared: shared, Now: time.Now, Report: func(_ string, lacking int, err error) {
		c.lacking += lacking
		if err != nil {
			c.failed++
		}
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		kept.Keep(ctx, time.Now, func() []*kept.Completion { return []*kept.Completion{c.Completion} }, nil)
	}()
	c.stop = func() { cancel(); <-done }
	return c
}

// after checks, some time later, whether the index is complete.
func (c *completion) after(t *testing.T, d time.Duration, want bool) {
	t.Helper()
	time.Sleep(d)
	synctest.Wait()
	if c.Complete() != want {
		t.Errorf("complete: %v", !want)
	}
}

// If no other process uses the store, one pass makes the index complete for good.
func TestCompletionOfOwnStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		fill(t, m.Open("realm"), 100, false)
		c := keep(m, false)
		c.after(t, 0, true)
		m.Reset()
		c.after(t, 24*time.Hour, true)
		if n := len(m.Ops()); n > 0 || c.lacking != 100 {
			t.Errorf("%d records lacked terms; %d operations after that", c.lacking, n)
		}
		c.stop()
	})
}

// After an error the index is not complete until a pass succeeds. One report says so.
func TestCompletionAfterErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		fill(t, m.Open("realm"), 100, false)
		m.SetDown(fmt.Errorf("%w: for the test", store.ErrUnavailable))
		c := keep(m, false)
		c.after(t, 10*time.Minute, false)
		m.SetDown(nil)
		c.after(t, time.Minute, true)
		if c.failed != 1 || c.lacking != 100 {
			t.Errorf("%d reports of errors, %d records", c.failed, c.lacking)
		}
		c.stop()
	})
}

// If other processes use the store and all records have their terms, the index is complete at once.
// If some have not, an earlier release may still run: it is complete ten minutes after the last
// such record, in every process.
func TestCompletionOfSharedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		s := m.Open("realm")
		fill(t, s, 10, true)
		first := keep(m, true)
		first.after(t, 0, true)
		first.stop()

		earlier := func() { // an earlier release saves a record
			found := everything(t, s)
			for id, r := range found {
				if _, err := s.Save(t.Context(), id, store.Record{Rev: r.Rev, Body: r.Body}); err != nil {
					t.Fatal(err)
				}
				return
			}
		}
		earlier()
		one := keep(m, true)
		one.after(t, 5*time.Minute, false)
		two := keep(m, true) // finds all terms, and that they were added five minutes ago
		two.after(t, time.Minute, false)
		earlier()
		one.after(t, 8*time.Minute, false)
		two.after(t, 0, false)
		one.after(t, 4*time.Minute, true)
		two.after(t, 0, true)

		earlier() // later still: the next pass, within the hour, notices it in both processes
		one.after(t, time.Hour, false)
		two.after(t, time.Minute, false)
		if found := looksUp(t, s, "name.middleName", `"m"`); len(found) != 10 {
			t.Errorf("%d records are found", len(found))
		}
		one.after(t, 12*time.Minute, true)
		two.after(t, 0, true)
		one.stop()
		two.stop()
	})
}

// Two processes make a pass at the same time. One adds the terms; the other finds none missing and
// must know that they were.
func TestCompletionOfPassesThatMeet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		fill(t, m.Open("realm"), 1, false)
		var two *completion
		m.OnOp(func(_ context.Context, op storetest.Op) error {
			if op.Name == "Save" && op.Tenant == "keys" && two == nil {
				time.Sleep(time.Second) // the first process hangs here
			}
			return nil
		})
		one := keep(m, true)
		one.after(t, time.Millisecond, false)
		m.OnOp(nil)
		two = keep(m, true)
		two.after(t, 0, false)
		one.after(t, time.Minute, false)
		two.after(t, 0, false)
		one.stop()
		two.stop()
	})
}

// The ten minutes begin when the last record was found, however long the pass takes.
func TestCompletionAfterALongPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		fill(t, m.Open("realm"), 1, false)
		m.OnOp(func(_ context.Context, op storetest.Op) error {
			if op.Name == "Save" && op.Tenant == "realm" {
				time.Sleep(15 * time.Minute)
			}
			return nil
		})
		c := keep(m, true)
		c.after(t, 16*time.Minute, false)
		c.after(t, 11*time.Minute, true)
		c.stop()
	})
}

// A space that is added is completed at once, and passes end with the context.
func TestKeepTakesNewSpaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ctx := storetest.NewMemory(), t.Context()
		ctx, cancel := context.WithCancel(ctx)
		var all []*kept.Completion
		added := make(chan struct{}, 1)
		ended := make(chan struct{})
		go func() {
			kept.Keep(ctx, time.Now, func() []*kept.Completion { return all }, added)
			close(ended)
		}()
		synctest.Wait()
		c := &kept.Completion{Records: m.Open("realm"), Keys: m.Open("keys"), Now: time.Now}
		all = append(all, c)
		added <- struct{}{}
		synctest.Wait()
		if !c.Complete() {
			t.Error("a new space is not completed")
		}
		all[0] = &kept.Completion{Records: m.Open("shared"), Keys: m.Open("keys"), Shared: true, Now: time.Now}
		added <- struct{}{}
		synctest.Wait()
		m.Reset()
		added <- struct{}{}
		synctest.Wait()
		if n := len(m.Ops()); n > 0 {
			t.Errorf("%d operations on a space that is not due", n)
		}
		cancel()
		<-ended
	})
}
