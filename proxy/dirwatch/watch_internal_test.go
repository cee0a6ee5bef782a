package dirwatch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// watched runs follow in a bubble of time, over a directory that is a text.
type watched struct {
	changes, ask chan struct{}
	mu           sync.Mutex
	calls        int
	again        bool
	dir          string
}

func (w *watched) run(ctx context.Context) {
	look := func() string {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.dir
	}
	follow(ctx, w.changes, Options{Ask: w.ask, Changed: func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls++
		return w.again
	}}, look)
}

// set changes what the next look finds, and whether it is to be tried again.
func (w *watched) set(dir string, again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dir, w.again = dir, again
}

// take returns the number of calls since the last time.
func (w *watched) take() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.calls
	w.calls = 0
	return n
}

// A change counts once it is quiet, or after the longest time; the directory is compared at each
// poll; one that could not be used is tried again.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{changes: make(chan struct{}, 1), ask: make(chan struct{}, 1)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.run(ctx); close(done) }()
		step := func(name string, want int, do func()) {
			t.Helper()
			do()
			synctest.Wait()
			if n := w.take(); n != want {
				t.Errorf("%s: called %d times, want %d", name, n, want)
			}
		}
		step("the beginning", 1, func() {})
		step("a change", 0, func() { w.changes <- struct{}{}; time.Sleep(Quiet - 1) })
		step("and it is quiet", 1, func() { time.Sleep(time.Nanosecond) })
		step("many changes", 1, func() {
			for range 5 {
				w.changes <- struct{}{}
				time.Sleep(Quiet / 2)
			}
			time.Sleep(Quiet)
		})
		step("changes without end", 1, func() {
			for end := time.Now().Add(Longest); time.Now().Before(end); time.Sleep(Quiet / 2) {
				w.changes <- struct{}{}
			}
		})
		step("asked", 1, func() { w.ask <- struct{}{} })
		step("nothing", 0, func() { time.Sleep(3 * Poll) })
		step("a change that was not reported", 1, func() { w.set("other", false); time.Sleep(Poll) })
		step("and nothing after it", 0, func() { time.Sleep(Poll) })
		step("something is wrong", 1, func() { w.set("other", true); w.ask <- struct{}{} })
		step("it is tried again", 2, func() { time.Sleep(2 * Poll) })
		step("it is right", 1, func() { w.set("other", false); time.Sleep(2 * Poll) })
		w.changes <- struct{}{}
		synctest.Wait()
		cancel()
		<-done
	})
}

// Each way in which the files of a directory change is another fingerprint.
func TestFingerprint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	last := fingerprint(dir)
	for _, row := range []struct {
		name string
		do   func() error
	}{
		{"the directory appears", func() error { return os.Mkdir(dir, 0o700) }},
		{"a file", func() error { write("a.yaml", "x"); return nil }},
		{"its size", func() error { write("a.yaml", "xy"); return nil }},
		{"its time", func() error { return os.Chtimes(filepath.Join(dir, "a.yaml"), time.Time{}, time.Unix(1e9, 0)) }},
		{"its mode", func() error { return os.Chmod(filepath.Join(dir, "a.yaml"), 0o640) }},
		{"its name", func() error { return os.Rename(filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")) }},
		{"a link to nothing", func() error { return os.Symlink(filepath.Join(t.TempDir(), "none"), filepath.Join(dir, "link.yaml")) }},
		{"it leads to another file", func() error {
			return errors.Join(os.Remove(filepath.Join(dir, "link.yaml")), os.Symlink(filepath.Join(dir, "b.yaml"), filepath.Join(dir, "link.yaml")))
		}},
		{"a file is gone", func() error { return os.Remove(filepath.Join(dir, "b.yaml")) }},
	} {
		if err := row.do(); err != nil {
			t.Fatal(row.name, err)
		}
		if now := fingerprint(dir); now == last {
			t.Errorf("%s: the fingerprint is the same", row.name)
		} else {
			last = now
		}
		if fingerprint(dir) != last {
			t.Errorf("%s: the fingerprint changes by itself", row.name)
		}
	}
}

// The operating system reports a change of a file, and of a ConfigMap of Kubernetes: a link to a
// directory is replaced. Nothing runs after the end.
func TestWatch(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	called, done := make(chan struct{}, 100), make(chan struct{})
	go func() {
		Watch(ctx, Options{Dir: dir, Changed: func() bool { called <- struct{}{}; return false }, Failed: func(err error) { t.Error(err) }})
		close(done)
	}()
	wait := func(name string) {
		t.Helper()
		select {
		case <-called:
		case <-time.After(Poll - time.Second): // before the first poll
			t.Fatalf("%s: not noticed", name)
		}
	}
	wait("the beginning")
	for name, do := range map[string]func() error{
		"a file": func() error { return os.WriteFile(filepath.Join(dir, "acme.yaml"), []byte("x"), 0o600) },
		"a mounted ConfigMap": func() error {
			return errors.Join(os.Mkdir(filepath.Join(dir, "..1"), 0o700), os.Symlink("..1", filepath.Join(dir, "..data_tmp")),
				os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
		},
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		wait(name)
	}
	cancel()
	<-done
}

// A directory that is not there is reported, and polled.
func TestWatchWithoutTheDirectory(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	failed := 0
	Watch(ctx, Options{Dir: filepath.Join(t.TempDir(), "none"), Changed: func() bool { cancel(); return false }, Failed: func(error) { failed++ }})
	if failed != 1 {
		t.Errorf("%d failures", failed)
	}
}
