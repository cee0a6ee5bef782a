package browser

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// plain is a page with a body.
func plain(body string) string {
	return `<!doctype html><html lang="en"><title>Page</title><script src="/script.js" defer></script><body>` + body
}

func TestComplaints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, script, want string }{
		"none":            {body: "<p>Fine</p>", script: `console.log("a word")`},
		"console":         {script: `console.error("went wrong", 3)`, want: "console: went wrong 3"},
		"exception":       {script: `throw new Error("oops")`, want: "exception: Error: oops"},
		"promise":         {script: `Promise.reject(new Error("oops"))`, want: "exception: Error: oops"},
		"inline script":   {body: `<script>document.title = "run"</script>`, want: "content security policy: script-src"},
		"inline handler":  {body: `<p onclick="alert(1)">x</p>`, want: "content security policy: script-src-attr"},
		"inline style":    {body: `<p style="color: red">x</p>`, want: "content security policy: style-src-attr"},
		"foreign image":   {body: `<img src="http://127.0.0.1:9/x.png" alt="">`, want: "content security policy: img-src"},
		"missing file":    {body: `<img src="/gone.png" alt="">`, want: "404"},
		"dialog":          {script: `if (!confirm("sure?")) document.title = "refused"`, want: `dialog: confirm "sure?"`},
		"foreign request": {script: `fetch("http://127.0.0.1:9/").catch(() => {})`, want: "content security policy: connect-src"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := New(t, Desktop)
			b.Open(serve(t, plain(c.body), "", c.script))
			if name == "dialog" {
				b.WaitTitle("refused")
			}
			var all []string
			b.await(fmt.Sprintf("a complaint %q", c.want), func() (bool, string) {
				all = append(all, b.Complaints()...)
				text := strings.Join(all, "\n")
				return c.want == "" && text == "" || c.want != "" && strings.Contains(text, c.want), text
			})
		})
	}
}

func TestAStatusOfThePageIsNoComplaint(t *testing.T) {
	t.Parallel()
	b := New(t, Phone)
	if got := b.Open(serve(t, "", "", "") + "/gone"); got != http.StatusNotFound {
		t.Errorf("status %d", got)
	}
}

// forms counts posts by cookie and answers them with a redirection.
func forms(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("seen"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes", HttpOnly: true, Path: "/"})
			_, _ = fmt.Fprint(w, plain(`<p id=who>new</p>`))
			return
		}
		_, _ = fmt.Fprintf(w, plain(`<p id=who>known %s</p><form method=post><input name=a value=old><select name=b><option>x<option>y</select><input type=date name=d><button>Go</button></form>`), r.URL.Query().Get("a"))
	})
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/?a="+r.FormValue("a")+","+r.FormValue("b")+","+r.FormValue("d"), http.StatusSeeOther)
	})
	mux.HandleFunc("/script.js", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/javascript") })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestFormsAndCookies(t *testing.T) {
	t.Parallel()
	url := forms(t)
	one, other := New(t, Desktop), New(t, Phone)
	one.Open(url)
	one.WaitFor("#who", "new")
	if got := one.Reload(); got != 200 || one.Text("#who") != "known" {
		t.Errorf("%d %q", got, one.Text("#who"))
	}
	one.Fill("[name=a]", "new text")
	one.Fill("[name=b]", "y")
	one.Fill("[name=d]", "2026-02-03")
	if got := one.Submit("button"); got != 200 || one.Text("#who") != "known new text,y,2026-02-03" {
		t.Errorf("%d %q", got, one.Text("#who"))
	}
	one.WaitLocation(url + "/?a=new")
	beside := one.Beside()
	beside.Open(url)
	beside.WaitFor("#who", "known")
	other.Open(url)
	other.WaitFor("#who", "new")
	if c := one.Cookies(); len(c) != 1 || c[0].Name != "seen" || !c[0].HTTPOnly {
		t.Errorf("cookies: %v", c)
	}
	other.SetCookie(url, "planted", "1", "/")
	if !slices.ContainsFunc(other.Cookies(), func(c *Cookie) bool { return c.Name == "planted" }) {
		t.Error("no planted cookie")
	}
}

func TestWaitForFollowsThePage(t *testing.T) {
	t.Parallel()
	b := New(t, Desktop)
	b.Open(serve(t, plain(`<p>first</p>`), "", `let n = 0; const i = setInterval(() => { document.querySelector("p").textContent = "step " + ++n; if (n == 5) clearInterval(i) }, 20)`))
	b.WaitFor("p", "step 5")
	if b.Count("p") != 1 {
		t.Error("the page has more than one paragraph")
	}
}

func TestScreenshotsAreKept(t *testing.T) {
	t.Parallel()
	b := New(t, Phone)
	b.Open(serve(t, plain("x"), "", ""))
	b.Screenshot("a/b")
	if _, err := os.Stat(filepath.Join(t.ArtifactDir(), "a-b-phone.png")); err != nil {
		t.Error(err)
	}
}

// Chromium ends with the process of the tests, also if that is killed.
func TestChromiumEndsWithAKilledTest(t *testing.T) {
	if os.Getenv("BROWSER_KILLED") != "" {
		fmt.Printf("pid %d\n", chromedp.FromContext(chromium(t)).Browser.Process().Pid)
		select {}
	}
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("needs Chromium on Linux")
	}
	c := exec.Command(os.Args[0], "-test.run=^TestChromiumEndsWithAKilledTest$")
	c.Env = append(os.Environ(), "BROWSER_KILLED=1")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "pid %d", &pid) // other lines are not for us
	}
	if err := c.Process.Kill(); err != nil || pid == 0 {
		t.Fatalf("pid %d, %v", pid, err)
	}
	_ = c.Wait() // it was killed
	tick, late := time.NewTicker(20*time.Millisecond), time.After(deadline)
	defer tick.Stop()
	for running(pid) {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("Chromium, process %d, outlives the tests", pid)
		}
	}
}

// running reports whether a process is there and is not a zombie.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestMissingChromiumIsOneSentence(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := installed(); err == nil || !strings.Contains(err.Error(), "apt-get install chromium") {
		t.Errorf("got %v", err)
	}
}
