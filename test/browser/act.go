package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// Open loads a page and returns its status.
func (b *Tab) Open(url string) int {
	b.t.Helper()
	return b.load("open "+url, chromedp.NavigateResponse(url))
}

// Submit clicks on an element, waits for the page that the click leads to, and returns its status.
// Use Click if it leads to none.
func (b *Tab) Submit(selector string) int {
	b.t.Helper()
	return b.load("submit "+selector, func(ctx context.Context, _ *chromedp.Target) (*network.Response, error) {
		return chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	})
}

// Reload loads the page again and returns its status.
func (b *Tab) Reload() int {
	b.t.Helper()
	return b.load("reload", func(ctx context.Context, _ *chromedp.Target) (*network.Response, error) {
		return chromedp.RunResponse(ctx, chromedp.Reload())
	})
}

func (b *Tab) load(what string, a chromedp.Action[*network.Response]) int {
	b.t.Helper()
	r, err := run(b, a)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	if r == nil {
		b.t.Fatalf("%s: the page was not loaded by HTTP", what)
	}
	return int(r.Status)
}

// Click clicks on the first element that the CSS selector finds. It waits until that is visible.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	b.do("click on "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Fill replaces the value of a field: it types into a text field, and chooses in a list.
func (b *Tab) Fill(selector, value string) {
	b.t.Helper()
	b.do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
	typed := Eval[bool](b, `(s, v) => {
		const e = document.querySelector(s)
		if (e.matches("textarea, input:is([type=text], [type=password], [type=email], [type=search], [type=url], [type=number], :not([type]))")) return true
		e.value = v
		e.dispatchEvent(new Event("input", {bubbles: true}))
		e.dispatchEvent(new Event("change", {bubbles: true}))
		return false
	}`, selector, value)
	if typed {
		b.do("fill "+selector, chromedp.Clear(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), value))
	}
	if have := Eval[string](b, `s => document.querySelector(s).value`, selector); have != value {
		b.t.Fatalf("fill %s: it has %q and not %q", selector, have, value)
	}
}

// Press presses keys, such as those of the package chromedp/kb.
func (b *Tab) Press(keys string) {
	b.t.Helper()
	b.do("press a key", chromedp.KeyEvent(keys))
}

// Text returns the visible text of all elements that the CSS selector finds, a line for each.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	return Eval[string](b, textOf, selector)
}

const textOf = `s => [...document.querySelectorAll(s)].map(e => e.innerText).join("\n")`

// Count returns how many elements the CSS selector finds.
func (b *Tab) Count(selector string) int {
	b.t.Helper()
	return Eval[int](b, `s => document.querySelectorAll(s).length`, selector)
}

// Location returns the address of the page.
func (b *Tab) Location() string {
	b.t.Helper()
	return Eval[string](b, `() => location.href`)
}

// WaitFor waits until an element that the CSS selector finds has the text. The page may change, and
// another may load, meanwhile.
func (b *Tab) WaitFor(selector, text string) {
	b.t.Helper()
	last := ""
	b.await(fmt.Sprintf("%q in %s", text, selector), func() (bool, string) {
		have, err := run(b, chromedp.Evaluate[string](call(textOf, selector)))
		if err != nil {
			last = err.Error() // a page that is just loading cannot be asked
		} else {
			last = have
		}
		return err == nil && have != "" && strings.Contains(have, text), last
	})
}

// WaitLocation waits until the address of the page begins with a prefix.
func (b *Tab) WaitLocation(prefix string) {
	b.t.Helper()
	b.await("the address "+prefix, func() (bool, string) {
		have, err := run(b, chromedp.Evaluate[string](`location.href`))
		return err == nil && strings.HasPrefix(have, prefix), have
	})
}

// WaitTitle waits until the page has a title.
func (b *Tab) WaitTitle(title string) {
	b.t.Helper()
	b.await("the title "+title, func() (bool, string) {
		have, err := run(b, chromedp.Evaluate[string](`document.title`))
		return err == nil && have == title, have
	})
}

func (b *Tab) await(what string, ask func() (done bool, last string)) {
	b.t.Helper()
	late, tick := time.After(deadline), time.NewTicker(25*time.Millisecond)
	defer tick.Stop()
	for {
		done, last := ask()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-b.ctx.Done():
			b.t.Fatalf("wait for %s: %v", what, b.ctx.Err())
		case <-late:
			b.t.Fatalf("wait for %s: there is %q", what, last)
		}
	}
}

// Cookie of a browser.
type Cookie = network.Cookie

// Cookies returns all cookies of the tab and of those beside it, also those that scripts cannot
// read.
func (b *Tab) Cookies() []*Cookie {
	b.t.Helper()
	own := chromedp.FromContext(b.ctx).BrowserContextID
	r, err := chromedp.CallBrowser(b.ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: own})
	if err != nil {
		b.t.Fatalf("cookies: %v", err)
	}
	return r.Cookies
}

// SetCookie sets a cookie for a page, as another page of the same host could do.
func (b *Tab) SetCookie(url, name, value, path string) {
	b.t.Helper()
	b.do("set a cookie", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: url, Path: path})
		return err
	}))
}

// Eval calls a JavaScript function in the page and returns what it, or its promise, returns. It
// works in spite of the page's content security policy.
func Eval[T any](b *Tab, function string, args ...any) T {
	b.t.Helper()
	v, err := run(b, chromedp.Evaluate[T](call(function, args...), chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("script: %v", err)
	}
	return v
}

// call returns an expression that calls the function.
func call(function string, args ...any) string {
	var list []string
	for _, a := range args {
		text, err := json.Marshal(a)
		if err != nil {
			panic(err) // arguments are texts and numbers
		}
		list = append(list, string(text))
	}
	return "(" + function + ")(" + strings.Join(list, ", ") + ")"
}
