package browser

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(builder{Runner{m}}) }

// policy is a strict content security policy, in spite of which the checks must run.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; connect-src 'self'"

// serve serves a page with a style sheet and a script.
func serve(t *testing.T, page, css, script string) string {
	t.Helper()
	send := func(kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			_, _ = w.Write([]byte(text)) // the browser may have gone
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", send("text/html", page))
	mux.HandleFunc("/style.css", send("text/css", css))
	mux.HandleFunc("/script.js", send("text/javascript", script))
	mux.HandleFunc("/dot.svg", send("image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="30" height="30"/>`))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestGoodPageHasNoFaults(t *testing.T) {
	t.Parallel()
	b := New(t, Desktop)
	b.Open(serve(t, read(t, "good.html"), read(t, "good.css"), ""))
	b.Inspect("good")
}

// fault is a change of the good page.
type fault struct {
	old, new string // in the page
	css      string // added to the style sheet
	want     string // what the report must have: the rule, the element and the reason
	view     View
}

var faultyPages = map[string]fault{
	"language":      {old: ` lang="en"`, want: "lang: the page has no language"},
	"title":         {old: "<title>Good page</title>", want: "title: the page has no title"},
	"doctype":       {old: "<!doctype html>", want: "doctype: "},
	"viewport":      {old: "width=device-width", new: "width=1200", want: "viewport: "},
	"zoom":          {old: "initial-scale=1", new: "initial-scale=1,user-scalable=no", want: "viewport: "},
	"refresh":       {old: "<title>", new: `<meta http-equiv="Refresh" content="30"><title>`, want: "refresh: "},
	"ids":           {old: `<p id="end">`, new: `<p id="top">`, want: `id: p#top "The end.": another element has the same id`},
	"reference":     {old: `aria-describedby="hint"`, new: `aria-describedby="gone"`, want: "reference: input#name: aria-describedby names gone"},
	"no main":       {old: `<main id="top">`, new: `<section aria-label="Main" id="top">`, want: "main: the page has 0 main landmarks"},
	"two mains":     {old: "<footer>", new: "<main><p>More</p></main><footer>", want: "main: the page has 2 main landmarks"},
	"landmark":      {old: "<footer>", new: "<p>Astray</p><footer>", want: `landmark: p "Astray": the text is in no landmark`},
	"navigations":   {old: "<footer>", new: `<nav><a href="#top">Again</a></nav><footer>`, want: `nav: nav "Again": one of several navigations has no name`},
	"no h1":         {old: "<h1>Good page</h1>", want: "h1: the page has 0 headings"},
	"two h1":        {old: "<h2>Form</h2>", new: "<h1>Form</h1>", want: "h1: the page has 2 headings"},
	"heading order": {old: "<h2>Form</h2>", new: "<h3>Form</h3>", want: `heading: h3 "Form": h3 follows h1`},
	"empty heading": {old: "<h2>Form</h2>", new: "<h2><span></span></h2>", want: "heading: h2: the heading is empty"},
	"table":         {old: "<th>Key</th><th>Value</th>", new: "<td>Key</td><td>Value</td>", want: "table: table"},
	"list":          {old: "<li>One</li>", new: "<p>One</p>", want: `list: p "One": a list has only items`},
	"hidden":        {old: `<a href="#end">`, new: `<a href="#end" aria-hidden="true">`, want: `hidden: a "the end": it takes the focus`},
	"label":         {old: `<label for="name">Name</label>`, new: `<span>Name</span>`, want: "label: input#name: the control has no label"},
	"placeholder":   {old: `<label for="name">Name</label>`, want: "label: input#name: the control has no label"},
	"select":        {old: `<label>Kind `, new: `<p>Kind `, want: "label: select[name=kind]"},
	"button":        {old: ">Save</button>", new: "></button>", want: "button: button#save: the button has no name"},
	"link":          {old: ">the end</a>", new: `><img src="dot.svg" alt=""></a>`, want: "link: a: the link has no name"},
	"image":         {old: ` alt="A dot"`, want: "image: img: the image has no text alternative"},
	"svg":           {old: ` aria-hidden="true"`, want: "image: svg"},
	"contrast":      {css: "#end { color: #888 }", want: `contrast: p#end "The end.": the text #888888 on #ffffff has 3.54:1, and needs 4.5:1`},
	"translucent":   {css: "#end { opacity: 0.5 }", want: "contrast: p#end"},
	"large text":    {css: "h1 { color: #aaa }", want: "and needs 3:1"},
	"overlapping":   {css: "#end { position: absolute; top: 0; left: 0; color: #555; z-index: 3 } header { background: #444; color: #fff; }", want: `contrast: p#end "The end.": the text #555555 on #444444`},
	"dark contrast": {css: "@media (prefers-color-scheme: dark) { #end { color: #555 } }", want: "contrast: p#end", view: Desktop.InDark()},
	"notation":      {css: "#end { color: oklch(0.75 0 0) }", want: "contrast: p#end"},
	"on an image":   {css: "footer { background: linear-gradient(#fff, #000) }", want: "contrast: p#end \"The end.\": the text is on an image"},
	"holder":        {css: "::placeholder { color: #bbb }", want: "contrast: input#name: the placeholder"},
	"edge":          {css: "input { border-color: #ddd }", want: "edge: input#name: the edge of the field #dddddd on #ffffff needs 3:1"},
	"only light":    {css: ":root { color-scheme: light } body { background: #fff; color: #000 }", want: "dark: the page is #ffffff", view: Desktop.InDark()},
	"link in text":  {css: "p a { text-decoration: none }", want: `link: a "the end": only its colour`},
	"target":        {css: "#save { padding: 0; height: 18px; min-height: 0; font-size: 10px }", want: `target: button#save "Save": `},
	"covered text":  {css: "#end { position: fixed; bottom: 0 } footer::after { content: ''; position: fixed; bottom: 0; left: 0; width: 100%; height: 90px; background: #fff }", want: `covered: p#end "The end.": the text is behind footer`},
	"behind":        {css: "main { background: #fff } #save { position: relative; z-index: -1 }", want: `covered: button#save "Save": the control is behind main`},
	"cut off":       {css: "#end { width: 20px; overflow: hidden; white-space: nowrap }", want: `clipped: p#end "The end.": its text is cut off`},
	"overflow":      {css: "#end { width: 500px }", want: `overflow: p#end "The end.": the page is `, view: Phone},
	"scrollable":    {css: ".box { overflow: auto; width: 60px; white-space: nowrap }", old: "<p>Text ", new: `<div class="box">Words that need more</div><p>Text `, want: "scrollable: div.box"},
	"no focus ring": {css: "#save:focus-visible { outline: none }", want: `focus: button#save "Save": nothing shows that it has the focus`},
	"faint ring":    {css: "#save:focus-visible { outline-color: #eee }", want: `focus: button#save "Save": its outline #eeeeee on #ffffff`},
	"focus behind":  {css: "header { position: fixed; inset: 0 0 auto 0; height: 100%; background: #fff }", want: `focus: input#name: it has the focus and is behind header`},
	"order":         {old: `<button id="save"`, new: `<button id="save" tabindex="1"`, want: `order: `},
	"unreachable":   {old: `<button id="save"`, new: `<span role="button" id="save" class="button"`, want: `focusable: span#save "Save Off": it looks as if it could be clicked`},
	"pulled away":   {old: `<a href="#end">`, new: `<a href="#end" id="away">`, want: `order: a#away "the end": Tab does not stop at it`},
}

func TestEachFaultIsFound(t *testing.T) {
	t.Parallel()
	page, css := read(t, "good.html"), read(t, "good.css")
	for name, f := range faultyPages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f.old != "" && strings.Count(page, f.old) != 1 {
				t.Fatalf("the good page has %q %d times", f.old, strings.Count(page, f.old))
			}
			if f.view.Name == "" {
				f.view = Desktop
			}
			script := ""
			if name == "pulled away" {
				script = `addEventListener("focusin", e => { if (e.target.id === "away") document.getElementById("name").focus() })`
			}
			b := New(t, f.view)
			b.Open(serve(t, strings.Replace(page, f.old, f.new, 1), css+f.css, script))
			found := b.Faults()
			for _, have := range found {
				if strings.Contains(have, f.want) {
					return
				}
			}
			t.Errorf("want %q, got\n%s", f.want, strings.Join(found, "\n"))
		})
	}
}
