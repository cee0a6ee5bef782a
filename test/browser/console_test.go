package browser

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/signin"
)

// pages is a console without a sign-in over a backend in memory.
type pages struct {
	*backend
	url string
}

func newPages(t *testing.T) pages {
	t.Helper()
	p := pages{backend: newBackend()}
	c, err := console.New(console.Options{Backend: p.backend, Gate: signin.NewLocal(time.Now), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(c.Handler())
	t.Cleanup(s.Close)
	t.Cleanup(c.Close) // open streams would keep the server
	p.url = s.URL + "/console"
	return p
}

// Every page is usable by keyboard, on a phone and in the dark, with the most hostile texts that a
// provider can send, and runs nothing of them.
func TestPagesOfTheConsole(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	on := func(name, path string, status int, title string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := New(t, Desktop)
			if got := b.Open(p.url + path); got != status {
				t.Errorf("status %d, want %d", got, status)
			}
			b.WaitFor("h1", title)
			b.Inspect(name)
		})
	}
	on("tenants", "", 200, "Tenants")
	on("tenant", "/tenants/acme", 200, "acme")
	on("activity", "/tenants/acme/activity?before=e1", 200, "Earlier activity")
	on("system", "/system", 200, "System")
	on("unknown-tenant", "/tenants/none", 404, "It does not exist")
	on("unknown-page", "/none", 404, "There is no such page")
	on("user", "/tenants/acme/resource?type=User&id="+url.QueryEscape(hostile[0]), 200, "User")
	on("user-long", "/tenants/acme/resource?type=User&id="+url.QueryEscape(hostile[7]), 200, "User")
	on("group", "/tenants/acme/resource?type=Group&id="+url.QueryEscape(hostile[1]), 200, "Group")
	on("unknown-user", "/tenants/acme/resource?type=User&id=unknown", 404, "It does not exist")
	on("incomplete", "/tenants/acme/do/waive", 400, "Waive")
}

func TestPagesWhileAPartIsDown(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	p.breakReads(errors.New("the store does not answer: " + hostile[0]))
	for _, path := range []string{"/tenants/acme", "/system", "/tenants/acme/resource?type=User&id=a"} {
		b := New(t, Desktop)
		b.Open(p.url + path)
		b.WaitFor("main", "the store does not answer: <script>")
		b.Inspect("down" + path[:strings.IndexByte(path+"?", '?')])
	}
}

// actionForms are the addresses of the questions, and the title of the page that follows.
var actionForms = map[string]string{
	"token-make": "", "token-rotate": "", "token-revoke": "?id=k2", "verify": "", "stage": "", "live": "", "guard-release": "", "guard-close": "",
	"drift-look": "", "undo-plan": "?request=r1", "invite": "", "invite-revoke": "", "waive": "?line=create",
}

// Each action asks first, is done once by its button, and shows what came of it.
func TestActionsOfTheConsole(t *testing.T) {
	t.Parallel()
	for verb, query := range actionForms {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			p := newPages(t)
			b := New(t, Desktop)
			b.Open(p.url + "/tenants/acme/do/" + verb + query)
			b.Inspect("ask-" + verb)
			if verb == "waive" {
				b.Fill("[name=reason]", hostile[0])
			}
			if got := p.done(); len(got) != 0 {
				t.Fatalf("a question has done %v", got)
			}
			status := b.Submit("form button")
			if want := 200; status != want && verb != "stage" {
				t.Errorf("status %d: %s", status, b.Text("main"))
			}
			b.Inspect("done-" + verb)
			if got := p.done(); verb != "drift-look" && verb != "undo-plan" && !slices.Equal(got, []string{verb}) {
				t.Errorf("done: %v", got)
			}
			if verb == "drift-look" || verb == "undo-plan" { // a plan, which is carried out by a second question
				b.Submit("form button")
				b.Inspect("executed-" + verb)
				if len(p.done()) != 1 {
					t.Errorf("done: %v", p.done())
				}
			}
			if verb == "token-make" {
				if !strings.Contains(b.Text("main"), madeSecret) {
					t.Error("the token is not shown")
				}
				b.Reload() // the browser sends the form again
				if strings.Contains(b.Text("main"), madeSecret) || len(p.done()) != 1 {
					t.Errorf("a form was carried out twice: %v", p.done())
				}
				b.Inspect("sent-twice")
			}
		})
	}
	for _, verb := range console.Actions() {
		if _, tested := actionForms[verb]; !tested && verb != "undo" && verb != "drift-reapply" {
			t.Errorf("no test opens the action %s", verb)
		}
	}
}

func TestIncompleteFormIsShownAgain(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	b := New(t, Desktop)
	b.Open(p.url + "/tenants/acme/do/undo-plan")
	b.Submit("form button")
	b.Inspect("undo-incomplete")
	b.Open(p.url + "/tenants/acme/do/waive?line=create")
	Eval[bool](b, `() => { document.querySelector("form").noValidate = true; return true }`)
	if got := b.Submit("form button"); got != http.StatusUnprocessableEntity {
		t.Errorf("status %d", got)
	}
	b.Inspect("waive-incomplete")
	if len(p.done()) != 0 {
		t.Errorf("done: %v", p.done())
	}
}

// An open page shows what happens, without running it, and keeps the focus of the reader.
func TestPageFollowsTheJournal(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	b := New(t, Desktop)
	b.Open(p.url + "/tenants/acme")
	b.WaitFor("#live-state", "by itself")
	for i, text := range hostile[:4] {
		p.add(text)
		b.WaitFor("#part-activity", []string{"<script>alert", "<img src=x", "<svg onload", "javascript:alert"}[i])
	}
	p.add("a plain name")
	b.WaitFor("#part-activity", "a plain name")
	b.Inspect("live")
}

// A page of another site cannot act with the session of an operator.
func TestOtherSitesCannotAct(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	b := New(t, Desktop)
	b.Open(p.url + "/tenants/acme/do/live")
	token := Eval[string](b, `() => document.querySelector("[name=token]").value`)
	form := `<!doctype html><title>Evil</title><form method="post" action="` + p.url + `/tenants/acme/do/live"><input type="hidden" name="token" value="` + token + `"><button>Win a prize</button></form>`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(form))
	}))
	t.Cleanup(s.Close)
	for _, at := range []string{strings.Replace(s.URL, "127.0.0.1", "localhost", 1), s.URL} { // another site, and another port
		other := b.Beside()
		other.Open(at)
		if got := other.Submit("button"); got != http.StatusForbidden {
			t.Errorf("from %s: status %d", at, got)
		}
	}
	if len(p.done()) != 0 {
		t.Errorf("done: %v", p.done())
	}
	// The same form works on its own page.
	if got := b.Submit("form button"); got != 200 || len(p.done()) != 1 {
		t.Errorf("status %d, done %v", got, p.done())
	}
}

// Pages cannot be shown in a frame of another site.
func TestPagesAreNotFramed(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>Frame</title><iframe src="` + p.url + `/tenants"></iframe>`))
	}))
	t.Cleanup(s.Close)
	b := New(t, Desktop)
	b.Open(s.URL)
	var all []string
	b.await("a refused frame", func() (bool, string) {
		all = append(all, b.Complaints()...)
		text := strings.Join(all, "\n")
		return strings.Contains(text, "frame"), text
	})
}
