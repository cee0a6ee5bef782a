package journal

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A Flush ends although new outcomes come all the time, and not before those that waited are saved.
func TestFlushWhileBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ctx, saved := &Writer{}, t.Context(), false
		w.put(func(context.Context) error { saved = true; return nil })
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for tick := time.NewTicker(gather / 5); ; {
				select {
				case <-tick.C:
					w.put(func(context.Context) error { return nil })
				case <-stop:
					return
				}
			}
		}()
		time.Sleep(gather / 2)
		short, cancel := context.WithTimeout(ctx, 10*gather)
		defer cancel()
		if err := w.Flush(short); err != nil || !saved {
			t.Errorf("%v, saved %t", err, saved)
		}
		close(stop)
		<-stopped
		if err := w.Flush(ctx); err != nil || w.Waiting() != 0 {
			t.Errorf("%v, %d wait", err, w.Waiting())
		}
	})
}
