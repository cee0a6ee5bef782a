package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// Link is a link. Current marks the page that is shown.
type Link struct {
	Text, URL string
	Current   bool
}

// Notice is a message above a page.
type Notice struct {
	// Bad means that something failed.
	Bad  bool
	Text string
}

// View is one page.
type View struct {
	// Page is the name of the page's file, without its folder and .html.
	Page string
	// Title is the page's title and its only heading of the first level.
	Title string
	// Nav are the main pages, Trail the pages above this one.
	Nav, Trail []Link
	// User is who is signed in; "" shows no form to sign out. SignOut is the form's action, Token
	// its token.
	User, SignOut, Token string
	Notice               *Notice
	// Live is the URL of the page's stream (see Live); "" if nothing of it changes.
	Live string
	// Data is what the page's own template executes with.
	Data any
}

// Site is the pages below one path.
type Site struct {
	// Base is the path, such as /console, and Name what the pages are called.
	Base, Name string
	pages      map[string]*template.Template
	parts      *template.Template
}

// NewSite parses the templates of pages. It fails if one cannot be parsed.
func NewSite(base, name string, files fs.FS) (*Site, error) {
	s := &Site{Base: base, Name: name, pages: map[string]*template.Template{}}
	shared, err := template.New("").Funcs(functions()).ParseFS(own, "templates/*.html")
	if err != nil {
		return nil, err
	}
	if some, _ := fs.Glob(files, "parts/*.html"); len(some) > 0 {
		if shared, err = shared.ParseFS(files, "parts/*.html"); err != nil {
			return nil, err
		}
	}
	all, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	for _, file := range all {
		t, err := shared.Clone()
		if err == nil {
			t, err = t.ParseFS(files, file)
		}
		if err == nil && t.Lookup("body") == nil {
			err = fmt.Errorf("%s does not define the template body", file)
		}
		if err != nil {
			return nil, err
		}
		s.pages[strings.TrimSuffix(path.Base(file), ".html")] = t
	}
	s.parts, err = shared.Clone() // of its own, because a template that was executed cannot be cloned
	return s, err
}

// layout is what the layout executes with.
type layout struct {
	View
	Site, Base, Style, Script string
}

// Render writes a page. It is rendered as a whole first, so that an error in a template is a 500
// and not half a page. Cookies must be set before.
func (s *Site) Render(w http.ResponseWriter, status int, v View) {
	var b bytes.Buffer
	t, known := s.pages[v.Page]
	err := fmt.Errorf("there is no page %q", v.Page)
	if known {
		err = t.ExecuteTemplate(&b, "layout", layout{v, s.Name, s.Base, s.asset("style.css"), s.asset("script.js")})
	}
	if err != nil {
		http.Error(w, "this page cannot be shown: "+Text(err.Error(), 500), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader that is gone needs nothing
}

// Fragment renders one template of parts, for Live.
func (s *Site) Fragment(name string, data any) (string, error) {
	var b strings.Builder
	err := s.parts.ExecuteTemplate(&b, name, data)
	return b.String(), err
}
