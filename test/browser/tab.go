package browser

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// deadline bounds each step of a tab. A step usually takes milliseconds; the race detector and
// other tests on the same processors make it slower.
const deadline = 60 * time.Second

// View is how a person sees a page: the size of the window in CSS pixels, and whether they prefer
// dark colours.
type View struct {
	Name          string
	Width, Height int64
	Dark          bool
}

// Views of a desktop and of a phone.
var (
	Desktop = View{Name: "desktop", Width: 1280, Height: 900}
	Phone   = View{Name: "phone", Width: 390, Height: 844}
)

// InDark returns the same view with dark colours.
func (v View) InDark() View {
	v.Name, v.Dark = v.Name+"-dark", true
	return v
}

// Views has both sizes in light and in dark colours.
var Views = []View{Desktop, Desktop.InDark(), Phone, Phone.InDark()}

// Tab is an open page. Its methods fail the test on an error.
type Tab struct {
	t          testing.TB
	ctx        context.Context
	view       View
	complaints *complaints
	close      func()
}

// New opens a tab with cookies of its own. It closes when the test ends.
func New(t testing.TB, v View) *Tab {
	t.Helper()
	return open(chromium(t), t, v, chromedp.WithNewBrowserContext())
}

// Beside opens another tab that shares the cookies.
func (b *Tab) Beside() *Tab {
	b.t.Helper()
	own := chromedp.FromContext(b.ctx).BrowserContextID
	return open(shared.ctx, b.t, b.view, chromedp.WithExistingBrowserContext(own))
}

func open(browser context.Context, t testing.TB, v View, option chromedp.ContextOption) *Tab {
	t.Helper()
	b := &Tab{t: t, complaints: &complaints{documents: map[string]bool{}}}
	dialogs := make(chan struct{}, 16)
	ctx, cancel := chromedp.NewContext(browser, option, chromedp.WithListener(func(event any) {
		b.complaints.see(event)
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			select {
			case dialogs <- struct{}{}:
			default:
			}
		}
	}))
	b.ctx = ctx
	b.close = sync.OnceFunc(func() {
		b.end()
		cancel()
	})
	t.Cleanup(b.close)
	// The tab lives as long as the context of the first call.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	go refuse(ctx, dialogs)
	b.do("prepare the tab", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, audits.Enable, cdp.Empty{})
		return err
	}))
	b.See(v)
	return b
}

// Close closes the tab before the test ends, such as before its server does.
func (b *Tab) Close() { b.close() }

// refuse dismisses dialogs, which would otherwise stop the page.
func refuse(ctx context.Context, dialogs <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-dialogs:
			// It fails if the page has gone meanwhile.
			_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: false})
		}
	}
}

// See changes the size of the window and the preferred colours. Animations are reduced.
func (b *Tab) See(v View) {
	b.t.Helper()
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	b.view = v
	b.do("show "+v.Name, chromedp.EmulateViewport(v.Width, v.Height), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// end reports complaints, and shows where a failed test was.
func (b *Tab) end() {
	b.t.Helper()
	if b.t.Failed() && !b.t.Skipped() && b.ctx.Err() == nil {
		if text, err := run(b, chromedp.Evaluate[string](`location.href + "\n" + (document.body?.innerText ?? "").slice(0, 2000)`)); err == nil {
			b.t.Logf("the tab shows %s", text)
		}
		b.Screenshot("failed")
	}
	for _, c := range b.complaints.take() {
		b.t.Errorf("the page must not cause this: %s", c)
	}
}

// Complaints returns what the page did and must not do, since the last call. The test does not fail
// because of what was returned.
func (b *Tab) Complaints() []string { return b.complaints.take() }

// Screenshot saves a picture of the whole page as an artifact of the test. Its name is that of the
// page and the view.
func (b *Tab) Screenshot(name string) {
	b.t.Helper()
	png, err := run(b, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Errorf("screenshot: %v", err)
		return
	}
	name = strings.ReplaceAll(name, "/", "-") + "-" + b.view.Name + ".png"
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name), png, 0o600); err != nil {
		b.t.Errorf("screenshot: %v", err)
	}
}

func (b *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, deadline)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func run[T any](b *Tab, a chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, deadline)
	defer cancel()
	return chromedp.Run(ctx, a)
}
