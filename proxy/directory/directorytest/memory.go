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

// Memory is a directory in memory. It stores and filters only what its Capabilities say, as
// Keycloak does, and passes the contract. A filter that they do not support is evaluated as wrongly
// as by Keycloak.
type Memory struct {
	mu           sync.Mutex
	capabilities directory.Capabilities
	schemas      scim.Schemas
	serial       int
	all          map[string]stored
	joined       map[string][]string
	calls        int
	freeze       map[string]bool
	failNext     []error
}

type stored struct {
	t scim.ResourceType
	r scim.Resource
}

// NewMemory returns an empty directory with the given capabilities.
func NewMemory(capabilities directory.Capabilities) *Memory {
	return &Memory{capabilities: capabilities, schemas: scim.CoreSchemas(), all: map[string]stored{}, joined: map[string][]string{}, freeze: map[string]bool{}}
}

var _ directory.Directory = (*Memory)(nil)

// Calls returns the number of operations so far.
func (m *Memory) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// FailNext makes the next operations fail with these errors, in order. A nil error lets one
// operation succeed.
func (m *Memory) FailNext(errs ...error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failNext = append(m.failNext, errs...)
}

// begin counts an operation and returns the error that it must fail with. The caller holds the
// lock.
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

// Capabilities returns the capabilities that were given to NewMemory.
func (m *Memory) Capabilities() directory.Capabilities { return m.capabilities }

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

// Update edits a resource.
func (m *Memory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx); err != nil {
		return scim.Resource{}, err
	}
	cur, wanted, err := m.edited(ref, edit)
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

// edited is a resource and what an edit makes of it. The edit may use the directory, so it runs
// without the lock, and again if the resource has changed meanwhile. The caller holds the lock.
func (m *Memory) edited(ref scim.Ref, edit directory.Edit) (cur, wanted scim.Resource, err error) {
	for {
		if cur, err = m.get(ref); err != nil {
			return cur, cur, err
		}
		wanted, err = m.unlocked(cur, edit)
		now, gone := m.get(ref)
		if err != nil || gone == nil && now.String() == cur.String() {
			return cur, wanted, err
		}
	}
}

func (m *Memory) unlocked(cur scim.Resource, edit directory.Edit) (scim.Resource, error) {
	m.mu.Unlock()
	defer m.mu.Lock()
	return edit(cur)
}

// ChangeMembers changes members. If one of them does not exist, the whole change is refused.
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
	if see, wanted := directory.SeenMembers(ctx); wanted {
		if err := see(slices.Clone(m.joined[group.ID])); err != nil {
			return err
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
