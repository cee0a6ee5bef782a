package browser

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// stopTimeout bounds the end of Chromium, after which it is killed.
const stopTimeout = 10 * time.Second

// flags keep Chromium small and alone: it reaches only this machine, and writes only to its profile
// directory. A renderer's heap is bounded to 256 MB, and few renderers serve all tabs.
var flags = map[string]any{
	"headless":               "new",
	"disable-gpu":            true,
	"disable-extensions":     true,
	"disable-sync":           true,
	"disable-breakpad":       true,
	"disable-crash-reporter": true,
	"disable-dev-shm-usage":  true, // containers often have 64 MB of shared memory
	"hide-scrollbars":        true, // as on a phone, so that a page has the width of its view
	"mute-audio":             true,
	"no-first-run":           true,
	"no-proxy-server":        true,
	"password-store":         "basic",
	"force-color-profile":    "srgb",
	"font-render-hinting":    "none",

	"disable-background-networking":          true,
	"disable-component-update":               true,
	"disable-default-apps":                   true,
	"disable-domain-reliability":             true,
	"disable-features":                       "Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication,PasswordLeakDetection,HttpsUpgrades",
	"host-resolver-rules":                    "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
	"disable-background-timer-throttling":    true, // all tabs are in the background but one
	"disable-backgrounding-occluded-windows": true,
	"disable-renderer-backgrounding":         true,

	"renderer-process-limit": "4",
	"js-flags":               "--max-old-space-size=256",
	"disk-cache-size":        "1048576",
}

// shared is the Chromium of this process.
var shared struct {
	once sync.Once
	ctx  context.Context // of the browser; contexts of tabs are its children
	err  error
	stop func()
}

// Runner runs the tests of a package and ends Chromium after them. TestMain passes it to
// kctest.Main, or calls Run.
type Runner struct{ M *testing.M }

// Run returns the exit code of the tests.
func (r Runner) Run() int {
	code := r.M.Run()
	if shared.stop != nil {
		shared.stop()
	}
	return code
}

// chromium returns the context of the running Chromium, and starts it for the first test. It skips
// the test under -short.
func chromium(t testing.TB) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Chromium, which -short leaves out")
	}
	shared.once.Do(func() { shared.ctx, shared.stop, shared.err = start() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.ctx
}

// start starts Chromium. chromedp talks to it by a pipe, makes a profile directory and removes it
// with Chromium; on Linux the kernel kills Chromium if this process ends before.
func start() (context.Context, func(), error) {
	program, err := installed()
	if err != nil {
		return nil, nil, err
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program)}
	for name, value := range flags {
		options = append(options, chromedp.Flag(name, value))
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		release()
		return nil, nil, fmt.Errorf("start %s: %w", program, err)
	}
	return ctx, func() {
		timed, end := context.WithTimeout(ctx, stopTimeout)
		defer end()
		_ = chromedp.Cancel(timed) // release kills a Chromium that does not end
		cancel()
		release()
	}, nil
}

// installed returns the path of Chromium.
func installed() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("chromium is not installed: install the package chromium (apt-get install chromium), or run the tests with -short")
}
