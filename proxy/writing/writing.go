package writing

import (
	"context"
	"errors"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Lock serialises writes under a key among all processes that share the store. It returns an unlock function.
type Lock func(ctx context.Context, key string) (unlock func(), err error)

// Options of the room.
type Options struct {
	// MembersShown is the size up to which a group is answered whole after a change of its members; beyond it the answer is 204.
	MembersShown int
	// SkipUnknownMembers leaves members that do not exist out of a change instead of refusing it; the answer names them.
	SkipUnknownMembers bool
	// Prove asks whether the caller may change a resource, or create one if the ref has no id, before a lock is taken or anything is kept.
	// Nil: the layers below act by the proxy's own account, which may.
	Prove func(ctx context.Context, ref scim.Ref) error
	// Doubt is how long a resource stays locked after a write whose outcome is not known: it may still take effect, and must not do so after
	// a later write.
	Doubt time.Duration
}

// Service is the top room.
type Service struct {
	below   directory.Directory
	lock    Lock
	schemas scim.Schemas
	options Options
}

// New builds the room on a directory.
func New(below directory.Directory, l Lock, s scim.Schemas, o Options) *Service {
	return &Service{below, l, s, o}
}

var _ protocol.Service = (*Service)(nil)

// Capabilities is what the rooms below do, and versions.
func (s *Service) Capabilities() directory.Capabilities {
	a := s.below.Capabilities()
	a.ETag = true
	return a
}

// Prove reports whether the caller may write.
func (s *Service) Prove(ctx context.Context, ref scim.Ref) error {
	if s.options.Prove == nil {
		return nil
	}
	return s.options.Prove(ctx, ref)
}

// Do is the only switch over calls.
func (s *Service) Do(ctx context.Context, c protocol.Call) (protocol.Answer, error) {
	if c.Writes() {
		var done context.CancelFunc
		ctx, done = detach(ctx)
		defer done()
	}
	switch c := c.(type) {
	case protocol.Read:
		return s.read(ctx, c)
	case protocol.List:
		return s.list(ctx, c)
	case protocol.Create:
		return s.create(ctx, c)
	case protocol.Replace:
		return s.replace(ctx, c)
	case protocol.Patch:
		return s.patch(ctx, c)
	case protocol.Delete:
		return protocol.Answer{}, s.remove(ctx, c)
	}
	return protocol.Answer{}, scim.NotImplemented("no such call")
}

// persist keeps a write going when the caller hangs up; its deadline still holds.
func detach(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline)
}

func (s *Service) create(ctx context.Context, c protocol.Create) (protocol.Answer, error) {
	body, m, err := s.split(c.Type, c.Body)
	if err != nil {
		return protocol.Answer{}, err
	}
	if c.Type == scim.User && body.Raw("active") == "" {
		body = body.With("active", "true") // RFC 7643 leaves the default open; an account that nobody asked to disable is enabled
	}
	if err := s.schemas.CheckRequired(c.Type, body); err != nil {
		return protocol.Answer{}, err
	}
	if err := s.Prove(ctx, scim.Ref{Type: c.Type}); err != nil {
		return protocol.Answer{}, err
	}
	unlock, err := s.lock(ctx, "create/"+string(c.Type)+"/"+strings.ToLower(document.Text(body.Get(scim.Identifying(c.Type)))))
	if err != nil {
		return protocol.Answer{}, scim.Unavailable("the lock", err)
	}
	ctx, outcome := directory.WithOutcome(ctx)
	defer s.release(unlock, outcome)
	r, err := s.below.Create(ctx, c.Type, body)
	if err != nil {
		return protocol.Answer{}, err
	}
	ref := scim.Ref{Type: c.Type, ID: r.ID()}
	var skipped []string
	if !m.Empty() {
		if skipped, err = s.join(ctx, ref, m); err != nil {
			if outcome.Adopted() {
				return protocol.Answer{}, scim.Left(err, nil)
			}
			return protocol.Answer{}, directory.Undone(err, s.below.Delete(context.WithoutCancel(ctx), ref)) // the create is refused as a whole
		}
	}
	a, err := s.answer(ctx, change{ref: ref, want: c.Projection, whole: true}, r)
	a.Made, a.Skipped, a.Adopted = ref, skipped, outcome.Adopted()
	return a, err
}

func (s *Service) replace(ctx context.Context, c protocol.Replace) (protocol.Answer, error) {
	body, m, err := s.split(c.Type, c.Body)
	if err != nil {
		return protocol.Answer{}, err
	}
	m.Replace = c.Type == scim.Group // absent is removed, members too
	if err := s.schemas.CheckRequired(c.Type, body); err != nil {
		return protocol.Answer{}, err
	}
	return s.write(ctx, change{ref: c.Ref, ifMatch: c.IfMatch, want: c.Projection, members: m, whole: true, edit: func(cur scim.Resource) (scim.Resource, error) {
		wanted := body.With("id", cur.Raw("id")).With("meta", cur.Raw("meta")).With("schemas", cur.Raw("schemas"))
		if body.Raw("active") == "" { // a PUT that does not speak of it neither enables nor disables anybody
			wanted = wanted.With("active", cur.Raw("active"))
		}
		return wanted, nil
	}})
}

func (s *Service) patch(ctx context.Context, c protocol.Patch) (protocol.Answer, error) {
	rest, members, err := splitOps(c.Type, c.Ops)
	if err != nil {
		return protocol.Answer{}, err
	}
	w := change{ref: c.Ref, ifMatch: c.IfMatch, want: c.Projection}
	if w.members, err = fold(s.schemas, members, nil); errors.Is(err, errUnread) {
		w.fold, err = members, nil
	}
	if err != nil {
		return protocol.Answer{}, err
	}
	if len(rest) > 0 || w.members.Empty() && w.fold == nil {
		w.edit = func(cur scim.Resource) (scim.Resource, error) {
			wanted, err := s.schemas.Apply(c.Type, cur, rest)
			if err == nil {
				err = s.schemas.CheckRequired(c.Type, wanted)
			}
			return wanted, err
		}
	}
	return s.write(ctx, w)
}

func (s *Service) remove(ctx context.Context, c protocol.Delete) error {
	if err := s.Prove(ctx, c.Ref); err != nil {
		return err
	}
	unlock, err := s.lock(ctx, c.Key())
	if err != nil {
		return scim.Unavailable("the lock", err)
	}
	ctx, outcome := directory.WithOutcome(ctx)
	defer s.release(unlock, outcome)
	if err := s.precondition(ctx, c.Ref, c.IfMatch); err != nil {
		return err
	}
	return s.below.Delete(ctx, c.Ref)
}

// change is what every write to an existing resource comes to. A nil edit never loads the resource.
type change struct {
	ref     scim.Ref
	ifMatch string
	want    protocol.Projection
	members directory.MemberChange
	fold    []scim.Op // operations on members that are decided on the members, under the lock
	whole   bool      // the answer is the whole resource, however many members it has
	edit    directory.Edit
}

// write is the one shape of every change: lock, compare, edit, join, answer.
func (s *Service) write(ctx context.Context, c change) (protocol.Answer, error) {
	if err := s.Prove(ctx, c.ref); err != nil {
		return protocol.Answer{}, err
	}
	unlock, err := s.lock(ctx, c.ref.Key())
	if err != nil {
		return protocol.Answer{}, scim.Unavailable("the lock", err)
	}
	ctx, outcome := directory.WithOutcome(ctx)
	defer s.release(unlock, outcome)
	if err := s.precondition(ctx, c.ref, c.ifMatch); err != nil {
		return protocol.Answer{}, err
	}
	if c.members, err = s.decided(ctx, c); err != nil {
		return protocol.Answer{}, err
	}
	var before, after scim.Resource
	if c.edit != nil {
		after, err = s.below.Update(ctx, c.ref, func(cur scim.Resource) (scim.Resource, error) { before = cur; return c.edit(cur) })
		if err != nil {
			return protocol.Answer{}, err
		}
	}
	var skipped []string
	if !c.members.Empty() {
		if skipped, err = s.join(ctx, c.ref, c.members); err != nil {
			return protocol.Answer{}, s.takeBack(ctx, c.ref, before, after, err)
		}
	}
	a, err := s.answer(ctx, c, after)
	a.Skipped = skipped
	return a, err
}

// decided is the change of members, for which the group's members are read if a filter needs them.
func (s *Service) decided(ctx context.Context, c change) (directory.MemberChange, error) {
	if c.fold == nil {
		return c.members, nil
	}
	group, err := s.below.Get(ctx, c.ref, directory.Fields{Only: []string{membersPath.Key()}, Members: true})
	if err != nil {
		return c.members, err
	}
	now := []scim.Resource{}
	for e := range document.Values(group.Raw(membersPath.Name)) {
		m, err := scim.Part(e)
		if err != nil {
			return c.members, scim.Upstream(err)
		}
		now = append(now, m)
	}
	return fold(s.schemas, c.fold, now)
}

// release gives a lock back: at once, or if a change may still take effect, when it no longer can. The next writer reads what came of it.
func (s *Service) release(unlock func(), o *directory.Outcome) {
	if o.InDoubt() {
		time.AfterFunc(s.options.Doubt, unlock)
		return
	}
	unlock()
}

// takeBack undoes the first half of a group's write whose second half failed.
func (s *Service) takeBack(ctx context.Context, ref scim.Ref, before, after scim.Resource, cause error) error {
	if before.IsZero() {
		return cause
	}
	return directory.PutBack(ctx, s.below, ref, before, after, cause)
}

// split takes what the server gives out of a body (RFC 7644 section 3.3: readOnly values are ignored), and a group's members.
func (s *Service) split(t scim.ResourceType, body scim.Resource) (scim.Resource, directory.MemberChange, error) {
	var m directory.MemberChange
	for _, name := range body.Names() {
		if def, ok := s.schemas.Lookup(t, scim.AttrPath{Name: name}); ok && (def.Mutability == "readOnly" || def.Returned == "never") {
			body = body.Without(name)
		}
	}
	if t == scim.Group {
		ids, err := memberIDs(body.Raw("members"))
		if err != nil {
			return body, m, err
		}
		m.Add = ids
		body = body.Without("members")
	}
	return body.Assigned(), m, nil
}
