package test

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
)

// promises are what answers have acknowledged: the title of a user, by its userName.
type promises struct {
	mu        sync.Mutex
	titles    map[string]string
	succeeded chan struct{} // has a value for each round of a worker without an error
}

// more waits for n more rounds without an error.
func (p *promises) more(n int) {
	for len(p.succeeded) > 0 {
		<-p.succeeded
	}
	for range n {
		<-p.succeeded
	}
}

func (p *promises) put(name, title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.titles[name] = title
}

// work creates and changes users, one after the other, lists them, and sends bulk requests, until
// stop is closed. A request may fail with 503 or 504, and is not repeated.
func (w *world) work(t *testing.T, c client, worker int, kept *promises, stop <-chan struct{}) {
	for n := worker * 10_000; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		asked := directorytest.Sample(n).With("title", `"first"`)
		name := document.Text(asked.Raw("userName"))
		made, err := c.send(t.Context(), "POST", "/Users", asked.String())
		if err == nil {
			kept.put(name, "first")
			_, err = c.send(t.Context(), "PATCH", "/Users/"+made.Resource.ID(), patchBody([]scim.Op{opOn(scim.ReplaceAll, "title", `"second"`)}))
			if err == nil {
				kept.put(name, "second")
			} else {
				kept.put(name, "") // either
			}
		}
		if err == nil {
			_, err = c.send(t.Context(), "GET", "/Users?count=10&filter="+url.QueryEscape("name.familyName sw \"Q\""), "")
		}
		if err == nil {
			prefix := fmt.Sprintf("bulk%d-%d-", worker, n)
			a := c.raw(t, "POST", "/Bulk", bulkOf(prefix, 3))
			for i, row := range gjson.GetBytes(a.Body, "Operations").Array() {
				switch row.Get("status").Int() {
				case 201:
					kept.put(fmt.Sprintf("%s%04d", prefix, i), "")
				case 503, 504:
				default:
					t.Errorf("bulk: %s", row)
				}
			}
			if a.Status != http.StatusOK {
				err = &scim.Error{Status: a.Status}
			}
		}
		if err == nil {
			select {
			case kept.succeeded <- struct{}{}:
			default:
			}
		} else if s := scim.Status(err); s != 503 && s != 504 {
			t.Errorf("%v", err)
		}
	}
}

// restartsUnderLoad kills Keycloak while requests run, and starts it again. Requests fail with 503
// or 504 and in no other way, and work again when it is back. All users that were acknowledged are
// there, each once.
func restartsUnderLoad(t *testing.T, server *kctest.Keycloak) {
	w := newWorldIn(t, kctest.On(t, server))
	log := w.followed(t, server.URL, 5*time.Second, 10*time.Second)
	c := client{w.base(), w.tenantToken}
	kept, stop := &promises{titles: map[string]string{}, succeeded: make(chan struct{}, 1_000)}, make(chan struct{})
	var all sync.WaitGroup
	for worker := range 6 {
		all.Go(func() { w.work(t, c, worker+1, kept, stop) })
	}
	kept.more(12)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	log.await(t, opened, 1)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	log.await(t, closed, 1)
	kept.more(12)
	close(stop)
	all.Wait()
	if lines := log.with(opened); len(lines) != 1 {
		t.Errorf("%q", lines)
	}
	for name, title := range kept.titles {
		a, err := c.send(t.Context(), "GET", "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", name)), "")
		if err != nil || a.Page.Total != 1 {
			t.Errorf("%s: %v %+v", name, err, a.Page)
			continue
		}
		if got := document.Text(a.Page.Resources[0].Raw("title")); title != "" && got != title {
			t.Errorf("%s: title %q, want %q", name, got, title)
		}
	}
}
