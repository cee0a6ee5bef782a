package journal

import (
	"context"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// Query selects entries. All conditions must hold; those that are zero do not matter.
type Query struct {
	// User and Group are the id, or the userName or displayName at any time, of a resource. A user
	// is found in changes of members too.
	User, Group string
	Request     string
	// After is the id of an entry: only later ones are found. Before is one too: only earlier ones
	// are found.
	After, Before string
	// Tenant selects those of one tenant, because several may share a place.
	Tenant       string
	Since, Until time.Time
	Verb         string
	// Failed selects what was refused, failed, or is not known.
	Failed bool
	// Most bounds how many entries are returned: the first ones, or the last ones with Last. 0: all.
	Most int
	Last bool
}

// Find returns the entries of a query in the order of their time.
func (l *Log) Find(ctx context.Context, q Query) ([]Entry, error) {
	if q.User == "" && q.Group == "" && q.Request == "" {
		if q.Last && q.Most > 0 {
			return l.last(ctx, q)
		}
		return l.walk(ctx, q)
	}
	subjects, err := l.subjects(ctx, q)
	if err != nil {
		return nil, err
	}
	ids, err := l.Space.Find(ctx, q.terms(subjects)...)
	if err != nil {
		return nil, err
	}
	from := max(q.After, start(q))
	ids = slices.DeleteFunc(ids, func(id string) bool { return id <= from || q.over(id) })
	var found []Entry
	if q.Last {
		slices.Reverse(ids)
	}
	for some := range slices.Chunk(ids, loadPage) {
		all, err := l.load(ctx, some)
		if err != nil {
			return nil, err
		}
		found = append(found, slices.DeleteFunc(all, func(e Entry) bool { return !q.matches(e, subjects) })...)
		if q.Most > 0 && len(found) >= q.Most {
			break
		}
	}
	return q.cut(found), nil
}

// subject is the resource that the entries of a query are about, by its id or a name; "" if they
// are about any.
func (q Query) subject() (t scim.ResourceType, one string) {
	switch {
	case q.User != "":
		return scim.User, q.User
	case q.Group != "":
		return scim.Group, q.Group
	}
	return "", ""
}

// terms are those of which the entries of a query have one. subjects are the ids that they are
// about.
func (q Query) terms(subjects []string) []string {
	if q.Request != "" {
		return []string{term("request", q.Request)}
	}
	t, one := q.subject()
	terms := []string{term("name", nameHash(t, one))}
	for _, id := range subjects {
		terms = append(terms, term("ref", id))
	}
	if t == scim.User {
		terms = append(terms, wideTerm)
	}
	return terms
}

// subjects are the ids of the resources that the subject of a query names: itself, and those that
// had the name.
func (l *Log) subjects(ctx context.Context, q Query) ([]string, error) {
	t, one := q.subject()
	if one == "" {
		return nil, nil
	}
	found, err := l.Space.Find(ctx, term("name", nameHash(t, one)))
	if err != nil {
		return nil, err
	}
	named, err := l.load(ctx, found)
	if err != nil {
		return nil, err
	}
	ids := []string{one}
	for _, e := range named {
		if e.Target != "" && !slices.Contains(ids, e.Target) {
			ids = append(ids, e.Target)
		}
	}
	return ids, nil
}

// cut sorts entries, and returns as many as are wanted.
func (q Query) cut(all []Entry) []Entry {
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	if q.Most == 0 || len(all) <= q.Most {
		return all
	}
	if q.Last {
		return all[len(all)-q.Most:]
	}
	return all[:q.Most]
}

func start(q Query) string {
	if q.Since.IsZero() {
		return ""
	}
	return idAt(q.Since)
}

// over reports whether an id is that of an entry behind those of the query.
func (q Query) over(id string) bool {
	return !q.Until.IsZero() && id >= idAt(q.Until) || q.Before != "" && id >= q.Before
}

// spans are how far back last looks, one after the other.
var spans = []time.Duration{10 * time.Minute, 2 * time.Hour, 24 * time.Hour, 10 * 24 * time.Hour}

// last reads the last entries of a query: those of longer and longer spans until there are enough.
func (l *Log) last(ctx context.Context, q Query) ([]Entry, error) {
	end := l.Now()
	if !q.Until.IsZero() && q.Until.Before(end) {
		end = q.Until
	}
	if begun, ok := timeOf(q.Before); ok && begun.Before(end) {
		end = begun
	}
	var found []Entry
	for i, some := 0, q; ; i++ { // each time those that are older than what was read
		all := i == len(spans) || !end.Add(-spans[i]).After(q.Since)
		if some.Since = q.Since; !all {
			some.Since = end.Add(-spans[i])
		}
		some.Most = q.Most - len(found)
		before, err := l.walk(ctx, some)
		if found = append(before, found...); err != nil || all || len(found) >= q.Most {
			return found, err
		}
		some.Until = some.Since
	}
}

// walk reads entries in the order of time.
func (l *Log) walk(ctx context.Context, q Query) ([]Entry, error) {
	var found []Entry
	for after, more := max(q.After, start(q)), true; more && (q.Last || q.Most == 0 || len(found) < q.Most); {
		page, next, err := l.Space.Page(ctx, after, loadPage)
		if err != nil {
			return nil, err
		}
		after, more = next, next != ""
		for _, one := range page {
			if q.over(one.ID) {
				more = false
				break
			}
			e, err := read(one.ID, one.Record)
			if err != nil {
				return nil, err
			}
			if q.matches(e, nil) {
				found = append(found, e)
			}
		}
		if q.Last && q.Most > 0 && len(found) > q.Most {
			found = slices.Clone(found[len(found)-q.Most:])
		}
	}
	return q.cut(found), nil
}

// matches reports whether an entry, which terms have found, is one of the query.
func (q Query) matches(e Entry, subjects []string) bool {
	switch {
	case q.Verb != "" && e.Verb != q.Verb, q.Request != "" && e.Request != q.Request:
		return false
	case q.Failed && e.State == Done, q.Tenant != "" && e.Tenant != q.Tenant:
		return false
	}
	t, one := q.subject()
	if one == "" {
		return true
	}
	if e.Type == t && (slices.Contains(subjects, e.Target) || slices.Contains(e.Names, nameHash(t, one))) {
		return true
	}
	about := func(id string) bool { return slices.Contains(subjects, id) }
	return t == scim.User && (slices.ContainsFunc(e.Added, about) || slices.ContainsFunc(e.Removed, about))
}
