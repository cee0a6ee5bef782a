package probe

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// note registers what a request has made, may have made, or has removed.
func (s *Session) note(method, path string, body any, a *Answer) {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case method == http.MethodPost && len(parts) == 1 && parts[0] == "Bulk":
		s.noteBulk(body, a)
	case method == http.MethodPost && len(parts) == 1:
		if a == nil || a.Status < 300 || a.Status >= 500 {
			s.noteCreate("/"+parts[0], body, a)
		}
	case method == http.MethodDelete && len(parts) == 2 && a != nil && a.Status == http.StatusNoContent:
		s.made = slices.DeleteFunc(s.made, func(r resource) bool { return r.id == parts[1] && r.endpoint == "/"+parts[0] })
	}
}

func (s *Session) noteCreate(endpoint string, body any, a *Answer) {
	if a != nil && a.String("id") != "" && a.Status < 300 {
		s.made = append(s.made, resource{endpoint: endpoint, id: a.String("id")})
		return
	}
	for _, attribute := range []string{"userName", "displayName"} {
		if name, _ := At(body, attribute).(string); strings.Contains(strings.ToLower(name), s.Prefix) {
			s.tried = append(s.tried, resource{endpoint: endpoint, named: attribute, filter: attribute + " eq " + Quote(name)})
			return
		}
	}
}

// noteBulk registers the creates of a bulk request.
func (s *Session) noteBulk(body any, a *Answer) {
	for _, op := range List(JSON(body), "Operations") {
		endpoint, _ := op["path"].(string)
		if op["method"] == http.MethodPost && endpoint != "" {
			s.noteCreate(endpoint, op["data"], nil)
		}
	}
	if a == nil {
		return
	}
	for _, op := range List(a.Body, "Operations") {
		location, _ := op["location"].(string)
		parts := strings.Split(location, "/")
		if n := len(parts); n >= 2 && op["method"] == http.MethodPost {
			s.made = append(s.made, resource{endpoint: "/" + parts[n-2], id: parts[n-1]})
		}
	}
}

// Quote is a text as a literal in a filter.
func Quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// look looks for creates that got no answer, and returns those that it could not look for. A server
// that ignores filters shows all that it has, so only those with a name of the run are taken.
func (s *Session) look(ctx context.Context) (unknown []string) {
	for _, t := range s.tried {
		list, _, err := s.Find(ctx, t.endpoint, t.filter)
		ours := 0
		for _, one := range list {
			id, _ := At(one, "id").(string)
			if name, _ := At(one, t.named).(string); id != "" && strings.Contains(strings.ToLower(name), s.Prefix) {
				s.made = append(s.made, resource{endpoint: t.endpoint, id: id})
				ours++
			}
		}
		if ours == 0 && (err != nil || len(list) > 0) {
			unknown = append(unknown, t.endpoint+": perhaps one with "+t.filter)
		}
	}
	return unknown
}

// cleaning is how long CleanUp may take.
const cleaning = 2 * time.Minute

// CleanUp removes everything that the session has made, groups first, and returns what it could
// not remove. It ignores the cancellation of ctx, so that an interrupted run leaves nothing.
func (s *Session) CleanUp(ctx context.Context) (left []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer cancel()
	for range 2 {
		if len(s.tried) == 0 {
			break
		}
		left = s.look(ctx)
		select { // the server may still be at work on a request that got no answer
		case <-time.After(s.Second):
		case <-ctx.Done():
		}
	}
	all := slices.Clone(s.made)
	slices.SortStableFunc(all, func(a, b resource) int { return strings.Compare(a.endpoint, b.endpoint) })
	seen := map[string]bool{}
	for _, r := range all {
		path := r.endpoint + "/" + url.PathEscape(r.id)
		if seen[path] {
			continue
		}
		seen[path] = true
		a, err := s.Do(ctx, http.MethodDelete, path, nil)
		if err != nil || a.Status != http.StatusNoContent && a.Status != http.StatusNotFound && a.Status != http.StatusOK {
			left = append(left, path)
		}
	}
	return left
}
