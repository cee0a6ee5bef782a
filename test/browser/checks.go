package browser

import (
	_ "embed" // the scripts
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed look.js
var lookScript string

//go:embed checks.js
var checksScript string

//go:embed focus.js
var focusScript string

// maxStops bounds the elements that one page may offer to the keyboard.
const maxStops = 500

// Faults checks the page as it is shown now, and returns a sentence for each fault, which begins
// with the name of its rule.
//
// The rules are: the document's language, title, viewport and unique ids; landmarks, headings and
// tables; names of controls, buttons, links and images; the contrast of each text with what is
// behind it (WCAG 2.2: 4.5:1, large text 3:1) and of the edge of each field (3:1); targets of at
// least 24 by 24 pixels; nothing covered, cut off or wider than the window; and for the keyboard,
// each control in the order of the document, with a visible focus.
func (b *Tab) Faults() []string {
	b.t.Helper()
	faults := Eval[[]string](b, "o => {"+lookScript+checksScript+"return checks(o)}", map[string]any{"dark": b.view.Dark})
	return append(faults, b.focusFaults()...)
}

// stop is an element that has the focus.
type stop struct {
	Index  int      `json:"index"` // among the elements that must get it, or -1
	Where  string   `json:"where"`
	Faults []string `json:"faults"`
}

// focusFaults presses Tab until the focus leaves the page.
func (b *Tab) focusFaults() (faults []string) {
	b.t.Helper()
	expected := Eval[[]string](b, "() => {"+lookScript+focusScript+"window.focusOfTest = focus; return focus.prepare()}")
	next := 0
	for range maxStops {
		b.Press(kb.Tab)
		s := Eval[stop](b, "() => window.focusOfTest.step()")
		if s.Where == "" || s.Index == 0 && next > 0 {
			break
		}
		if s.Index >= 0 && s.Index == next-1 {
			continue // a part of the same control, such as the month of a date, with Chromium's own indicator
		}
		for _, f := range s.Faults {
			faults = append(faults, fmt.Sprintf("focus: %s: %s", s.Where, f))
		}
		switch {
		case s.Index < 0: // a container that scrolls
		case s.Index < next:
			faults = append(faults, fmt.Sprintf("order: %s: it has the focus after an element that follows it", s.Where))
		default:
			for _, missed := range expected[next:s.Index] {
				faults = append(faults, fmt.Sprintf("order: %s: Tab does not stop at it in the order of the page", missed))
			}
			next = s.Index + 1
		}
	}
	Eval[chromedp.Void](b, "() => window.focusOfTest.end()")
	for _, missed := range expected[min(next, len(expected)):] {
		faults = append(faults, fmt.Sprintf("order: %s: Tab does not reach it", missed))
	}
	return faults
}

// Check fails the test for each fault of the page in the current view.
func (b *Tab) Check() {
	b.t.Helper()
	for _, f := range b.Faults() {
		b.t.Errorf("%s on %s: %s", b.Location(), b.view.Name, f)
	}
}

// Inspect checks the page in all Views, and keeps a picture of each with the name. The page is not
// loaded again.
func (b *Tab) Inspect(name string) {
	b.t.Helper()
	before := b.view
	for _, v := range Views {
		b.See(v)
		b.Check()
		b.Screenshot(name)
	}
	b.See(before)
}
