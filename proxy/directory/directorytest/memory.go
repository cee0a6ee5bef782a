package directorytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Memory is a plain in-memory Directory. It holds and filters only what its Capabilities says, as Keycloak
// does, and passes the contract: where Capabilities does not vouch for a filter, the answer is as wrong as
// Keycloak's.
type Memory struct {
	mu       sync.Mutex
	able     directory.Capabilities
	schemas  scim.Schemas
	serial   int
	all      map[string]stored
	joined   map[string][]string
	calls    int
	freeze   map[string]bool
	failNext []error
}

type stored struct {
	t scim.ResourceType
	r scim.Resource
}

// NewMemory makes an empty directory that holds what able says.
func NewMemory(able directory.Capabilities) *Memory {
	return &Memory{able: able, schemas: scim.CoreSchemas(), all: map[string]stored{}, joined: map[string][]string{}, freeze: map[string]bool{}}
}

// KeycloakCapabilities is what Keycloak 26.7.3 holds on a stock realm.
func KeycloakCapabilities() directory.Capabilities {
	return directory.Capabilities{MaxPage: 100, FilterLimits: directory.FilterLimits{Length: 1517, Nesting: 9}, Order: map[scim.ResourceType]scim.AttrPath{scim.User: {Name: "userName"}}, Filters: map[scim.ResourceType]map[string]directory.FilterSupport{
		scim.User:  {"username": directory.Full, "active": directory.Full, "meta.created": directory.Full, "groups.value": directory.EqOnly},
		scim.Group: {"displayname": directory.Full, "meta.created": directory.Full, "members.value": directory.EqOnly},
	}, Placements: map[scim.ResourceType]map[string]directory.Placement{
		scim.User: {
			"username": directory.CaseFolded, "emails": directory.PrimaryOnly, "active": directory.Native,
			"name.givenname": directory.Native, "name.familyname": directory.Native, "name.formatted": directory.ServerMade,
			"groups": directory.ServerMade, "meta": directory.ServerMade,
		},
		scim.Group: {
			"displayname": directory.Native, "externalid": directory.WriteOnce, "members": directory.ServerMade, "meta": directory.ServerMade,
		},
	}}
}

var _ directory.Directory = (*Memory)(nil)

// Calls counts the operations so far.
func (m *Memory) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// Freeze makes the directory ignore writes to a top-level attribute, as a Keycloak that answers 200 and does nothing.
func (m *Memory) Freeze(attribute string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.freeze[strings.ToLower(attribute)] = true
}

// FailNext makes the next operations fail with these errors, in order; nil lets one pass.
func (m *Memory) FailNext(errs ...error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failNext = append(m.failNext, errs...)
}

// begin counts an operation and says whether it shall fail. The lock is held.
func (m *Memory) begin(ctx context.Context) error {
	m.calls++
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(m.failNext) == 0 {
		return nil
	}
	err := m.failNext[0]
	m.failNext = m.failNext[1:]
	return err
}

// Capabilities is what was given.
func (m *Memory) Capabilities() directory.Capabilities { return m.able }

// hold is what the directory shows of a resource that it was given.
func (m *Memory) hold(t scim.ResourceType, r, before scim.Resource) scim.Resource {
	out := document.Must("{}")
	for l := range r.Leaves() {
		raw := l.Raw
		switch m.able.Placement(t, l.Path) {
		case directory.StoreOnly, directory.ServerMade:
			continue
		case directory.CaseFolded:
			raw = strings.ToLower(raw)
		case directory.PrimaryOnly:
			raw = firstElement(raw)
		case directory.WriteOnce:
			if had := before.Get(l.Path); had != "" {
				raw = had
			}
		case directory.Native:
		}
		out = out.Set(l.Path, raw)
	}
	for l := range before.Leaves() { // what is held once stays
		if m.able.Placement(t, l.Path) == directory.WriteOnce {
			out = out.Set(l.Path, l.Raw)
		}
	}
	for name := range m.freeze {
		out = out.With(name, before.Raw(name))
	}
	if t == scim.User && out.Raw("active") == "" {
		out = out.With("active", "true")
	}
	return out
}

// firstElement is the primary one, else the first, as Keycloak shows it.
func firstElement(list string) string {
	es := document.Elements(list)
	pick := es[0]
	for _, e := range es {
		if r, err := scim.ParseResource([]byte(e)); err == nil && r.Raw("primary") == "true" {
			pick = e
		}
	}
	r, err := scim.ParseResource([]byte(pick))
	if err != nil {
		return list
	}
	one := document.Must(`{"type":"work","primary":true}`).With("value", strings.ToLower(r.Raw("value")))
	return document.Array([]string{one.String()})
}

func identity(t scim.ResourceType) string {
	if t == scim.Group {
		return "displayName"
	}
	return "userName"
}

func (m *Memory) taken(t scim.ResourceType, r scim.Resource, id string) bool {
	for other, s := range m.all {
		if s.t == t && other != id && strings.EqualFold(s.r.Raw(identity(t)), r.Raw(identity(t))) {
			return true
		}
	}
	return false
}

// Create makes a resource.
func (m *Memory) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx); err != nil {
		return scim.Resource{}, err
	}
	if err := m.schemas.CheckRequired(t, r); err != nil {
		return scim.Resource{}, err
	}
	if m.taken(t, r, "") {
		return scim.Resource{}, scim.Uniqueness("taken")
	}
	m.serial++
	id := fmt.Sprintf("%s-%d", strings.ToLower(string(t)), m.serial)
	now := document.Quote(time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	made := m.hold(t, r, scim.Resource{}).With("id", document.Quote(id)).With("meta", `{"created":`+now+`,"lastModified":`+now+`}`)
	m.all[id] = stored{t, scim.WithSchemas(t, made)}
	return m.all[id].r, nil
}

func (m *Memory) get(ref scim.Ref) (scim.Resource, error) {
	s, ok := m.all[ref.ID]
	if !ok || s.t != ref.Type {
		e := scim.NotFound(ref)
		e.Gone = true
		return scim.Resource{}, e
	}
	return s.r, nil
}

// Get reads a resource.
func (m *Memory) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx); err != nil {
		return scim.Resource{}, err
	}
	r, err := m.get(ref)
	if err != nil {
		return r, err
	}
	return m.shown(ref, r, n), nil
}

func (m *Memory) shown(ref scim.Ref, r scim.Resource, n directory.Fields) scim.Resource {
	out := r
	if groups := (scim.AttrPath{Name: "groups"}); len(n.Only) > 0 && n.Covers(groups) && ref.Type == scim.User {
		r = r.With("groups", m.groupsOf(ref.ID))
		out = r
	}
	if len(n.Only) > 0 {
		for _, name := range r.Names() {
			covered := n.Covers(scim.AttrPath{Name: name}) || slices.ContainsFunc(n.Only, func(o string) bool {
				return strings.HasPrefix(o, strings.ToLower(name)+":")
			})
			if !covered && !slices.Contains([]string{"id", "meta", "schemas", identity(ref.Type)}, name) {
				out = out.Without(name)
			}
		}
	}
	if ref.Type == scim.Group && n.Members && len(m.joined[ref.ID]) > 0 {
		var list []string
		for _, id := range m.joined[ref.ID] {
			list = append(list, `{"value":`+document.Quote(id)+`,"type":"User"}`)
		}
		out = out.With("members", document.Array(list))
	}
	return out
}

// List answers a page.
func (m *Memory) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx); err != nil {
		return directory.Page{}, err
	}
	if l := m.able.FilterLimits; q.Filter != nil && !l.Accept(q.Filter) {
		return directory.Page{}, scim.InvalidFilter("the filter is longer than %d bytes or nests deeper than %d", l.Length, l.Nesting)
	}
	var found []scim.Resource
	for id, s := range m.all {
		whole := s.r
		if s.t == scim.User {
			whole = whole.With("groups", m.groupsOf(id))
		} else {
			whole = m.shown(scim.Ref{Type: s.t, ID: id}, s.r, directory.Fields{Members: true})
		}
		if s.t == q.Type && m.matches(q.Filter, q.Type, whole) {
			found = append(found, m.shown(scim.Ref{Type: s.t, ID: id}, s.r, q.Fields))
		}
	}
	slices.SortFunc(found, func(a, b scim.Resource) int {
		return strings.Compare(a.Raw(identity(q.Type))+a.ID(), b.Raw(identity(q.Type))+b.ID())
	})
	key := func(r scim.Resource) string { return r.Raw(identity(q.Type)) + r.ID() }
	from := min(max(q.Start-1, 0), len(found))
	if q.Cursor != nil {
		q.ResumeAfter = *q.Cursor
	}
	if q.ResumeAfter != "" {
		found = slices.DeleteFunc(found, func(r scim.Resource) bool { return key(r) <= q.ResumeAfter })
		from = 0
	}
	p := directory.Page{Total: len(found), Start: q.Start}
	p.Resources = found[from:min(from+min(q.Count, m.able.MaxPage), len(found))]
	for _, r := range p.Resources {
		p.Resume = append(p.Resume, key(r))
	}
	if n := len(p.Resume); q.Cursor != nil && n > 0 {
		p.Next = p.Resume[n-1]
	}
	return p, nil
}

func (m *Memory) groupsOf(user string) string {
	var list []string
	for group, ids := range m.joined {
		if slices.Contains(ids, user) {
			list = append(list, `{"value":`+document.Quote(group)+`}`)
		}
	}
	if list == nil {
		return ""
	}
	return document.Array(list)
}

// Update edits a resource.
func (m *Memory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx); err != nil {
		return scim.Resource{}, err
	}
	cur, err := m.get(ref)
	if err != nil {
		return cur, err
	}
	wanted, err := edit(cur)
	if err != nil {
		return scim.Resource{}, err
	}
	if err := m.schemas.CheckRequired(ref.Type, wanted); err != nil {
		return scim.Resource{}, err
	}
	if m.taken(ref.Type, wanted, ref.ID) {
		return scim.Resource{}, scim.Uniqueness("taken")
	}
	if wanted.Raw("active") == "" {
		wanted = wanted.With("active", cur.Raw("active"))
	}
	next := m.hold(ref.Type, wanted, cur).With("id", cur.Raw("id")).With("meta", cur.Raw("meta"))
	m.all[ref.ID] = stored{ref.Type, scim.WithSchemas(ref.Type, next)}
	return m.all[ref.ID].r, nil
}

// ChangeMembers changes members; one that does not exist refuses the whole change.
func (m *Memory) ChangeMembers(ctx context.Context, group scim.Ref, x directory.MemberChange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx); err != nil {
		return err
	}
	if _, err := m.get(group); err != nil {
		return err
	}
	for _, id := range x.Add {
		if m.all[id].t != scim.User {
			return scim.InvalidValue("member %q does not exist", id)
		}
	}
	var next []string
	if !x.Replace {
		next = slices.DeleteFunc(slices.Clone(m.joined[group.ID]), func(id string) bool { return slices.Contains(x.Remove, id) })
	}
	for _, id := range x.Add {
		if !slices.Contains(next, id) {
			next = append(next, id)
		}
	}
	m.joined[group.ID] = next
	return nil
}

// Delete removes a resource and its memberships.
func (m *Memory) Delete(ctx context.Context, ref scim.Ref) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx); err != nil {
		return err
	}
	if _, err := m.get(ref); err != nil {
		return err
	}
	delete(m.all, ref.ID)
	delete(m.joined, ref.ID)
	for g, ids := range m.joined {
		m.joined[g] = slices.DeleteFunc(ids, func(id string) bool { return id == ref.ID })
	}
	return nil
}

// Hold changes where an attribute lives, as a changed user profile does.
func (m *Memory) Hold(t scim.ResourceType, path string, h directory.Placement) {
	m.mu.Lock()
	defer m.mu.Unlock()
	holds := map[string]directory.Placement{path: h}
	for p, was := range m.able.Placements[t] {
		if p != path {
			holds[p] = was
		}
	}
	all := map[scim.ResourceType]map[string]directory.Placement{t: holds}
	for other, hs := range m.able.Placements {
		if other != t {
			all[other] = hs
		}
	}
	m.able.Placements = all
}
