package corpus

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// Case is one file of the corpus. Its comment has the intent of the provider and the source.
// "given.json" changes the state before the requests, "request", "request.2", … are sent in
// order, "normal", "normal.2", … are the requests after the dialect, and "want" is the state at
// the end.
type Case struct {
	IDP, Name, Path string
	// Intent is the comment without its last line.
	Intent string
	// Source is the comment's last line.
	Source string
	// Given is the content of given.json, or "".
	Given    string
	Requests []Request
	// Normal has each request as the dialect returns it.
	Normal []string
	Want   []string

	archive *txtar.Archive
}

// Request is a request below the SCIM base, with its path and query as on the wire.
type Request struct {
	Method, Target string
	Header         map[string]string
	Body           string
}

// Load reads all cases below dir, which has a directory for each provider.
func Load(dir string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.txtar"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var out []Case
	for _, f := range files {
		c, err := read(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		out = append(out, c)
	}
	return out, nil
}

func read(path string) (Case, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Case{}, err
	}
	c := Case{IDP: filepath.Base(filepath.Dir(path)), Name: strings.TrimSuffix(filepath.Base(path), ".txtar"), Path: path, archive: txtar.Parse(text)}
	comment := strings.TrimSpace(string(c.archive.Comment))
	i := strings.LastIndex(comment, "\n")
	if i < 0 {
		return c, fmt.Errorf("the comment needs the intent of the provider, and the source in its last line")
	}
	c.Intent, c.Source = strings.TrimSpace(comment[:i]), strings.TrimSpace(comment[i:])
	for _, f := range c.archive.Files {
		data := string(f.Data)
		switch name, _, _ := strings.Cut(f.Name, "."); name {
		case "given":
			c.Given = data
		case "request":
			r, err := readRequest(data)
			if err != nil {
				return c, err
			}
			c.Requests = append(c.Requests, r)
		case "normal":
			c.Normal = append(c.Normal, data)
		case "want":
			c.Want = lines(data)
		default:
			return c, fmt.Errorf("unknown section %q: want given, request, normal or want", f.Name)
		}
	}
	if len(c.Requests) == 0 {
		return c, fmt.Errorf("there is no request")
	}
	return c, nil
}

// readRequest reads a request line, header lines, and after an empty line the body.
func readRequest(text string) (Request, error) {
	head, body, _ := strings.Cut(text, "\n\n")
	rows := lines(head)
	if len(rows) == 0 {
		return Request{}, fmt.Errorf("an empty request")
	}
	method, target, ok := strings.Cut(rows[0], " ")
	if !ok || !strings.HasPrefix(target, "/") {
		return Request{}, fmt.Errorf("not a request line: %q", rows[0])
	}
	r := Request{Method: method, Target: target, Header: map[string]string{}, Body: strings.TrimSpace(body)}
	for _, h := range rows[1:] {
		name, value, _ := strings.Cut(h, ":")
		r.Header[name] = strings.TrimSpace(value)
	}
	return r, nil
}

func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

// Wire returns the request as the HTTP layer passes it to a dialect. It reports false if the
// request is not for a resource type (/Schemas).
func (r Request) Wire() (w protocol.Request, ok bool) {
	u, err := url.Parse(r.Target)
	if err != nil {
		return w, false
	}
	endpoint, id, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	w = protocol.Request{Method: r.Method, ID: id, Query: u.Query(), Body: []byte(r.Body)}
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		if endpoint == t.Endpoint() {
			w.Type = t
		}
	}
	return w, w.Type != ""
}

// Update replaces the sections "normal" in the file.
func (c Case) Update(normal []string) error {
	a := &txtar.Archive{Comment: c.archive.Comment}
	n := 0
	for _, f := range c.archive.Files {
		name, rest, _ := strings.Cut(f.Name, ".")
		if name == "normal" {
			continue
		}
		a.Files = append(a.Files, f)
		if name == "request" {
			if rest != "" {
				rest = "." + rest
			}
			a.Files = append(a.Files, txtar.File{Name: "normal" + rest, Data: []byte(normal[n])})
			n++
		}
	}
	return os.WriteFile(c.Path, txtar.Format(a), 0o644)
}
