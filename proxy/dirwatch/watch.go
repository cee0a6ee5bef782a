package dirwatch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// Quiet is how long nothing must have changed before a change counts.
	Quiet = 200 * time.Millisecond
	// Longest is how long a change waits for quiet.
	Longest = 2 * time.Second
	// Poll is how often the directory is compared.
	Poll = 10 * time.Second
)

// Options say what is watched, and what happens then.
type Options struct {
	// Dir is the directory.
	Dir string
	// Ask, if it has a value, counts as a change.
	Ask <-chan struct{}
	// Changed is called once at the beginning and after each change. While it returns true, it is
	// called again at each Poll.
	Changed func() (again bool)
	// Failed is called if the operating system cannot report changes. Then they are noticed at the
	// next Poll.
	Failed func(error)
}

// Watch watches until the context ends.
func Watch(ctx context.Context, o Options) {
	var events <-chan fsnotify.Event
	var errs <-chan error
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer func() { _ = watcher.Close() }()
		events, errs = watcher.Events, watcher.Errors
		err = watcher.Add(o.Dir)
	}
	if err != nil {
		o.Failed(err)
	}
	changes := make(chan struct{}, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		forward(ctx, events, errs, changes)
	}()
	follow(ctx, changes, o, func() string {
		if watcher != nil { // the directory may be another one of the same name
			_ = watcher.Remove(o.Dir)
			_ = watcher.Add(o.Dir)
		}
		return fingerprint(o.Dir)
	})
	<-ended
}

// forward turns events of the operating system into changes. Errors are changes too: events may be
// lost.
func forward(ctx context.Context, events <-chan fsnotify.Event, errs <-chan error, changes chan<- struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
		case <-errs:
		}
		select {
		case changes <- struct{}{}:
		default:
		}
	}
}

// follow calls o.Changed as Options say. look returns what the directory is now.
func follow(ctx context.Context, changes <-chan struct{}, o Options, look func() string) {
	known := look()
	again := o.Changed()
	tick := time.NewTicker(Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.Ask:
		case <-changes:
			if !settle(ctx, changes) {
				return
			}
		case <-tick.C:
			if !again && look() == known {
				continue
			}
		}
		known = look()
		again = o.Changed()
	}
}

// settle waits until there was no change for Quiet, but at most for Longest. It is false if the
// context ended.
func settle(ctx context.Context, changes <-chan struct{}) bool {
	longest := time.NewTimer(Longest)
	defer longest.Stop()
	for {
		quiet := time.NewTimer(Quiet)
		select {
		case <-ctx.Done():
			quiet.Stop()
			return false
		case <-changes:
			quiet.Stop()
		case <-quiet.C:
			return true
		case <-longest.C:
			quiet.Stop()
			return true
		}
	}
}

// fingerprint differs for directories with other files. Links count as the files that they lead to.
func fingerprint(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error()
	}
	var text strings.Builder
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil {
			fmt.Fprintf(&text, "%q %v\n", e.Name(), err)
			continue
		}
		fmt.Fprintf(&text, "%q %d %v %d\n", e.Name(), info.Size(), info.Mode(), info.ModTime().UnixNano())
	}
	return text.String()
}
