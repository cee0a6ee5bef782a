package writing

import (
	"context"
	"errors"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Lock serialises writes under a key among all processes that share the store. It returns a
// function that unlocks the key.
type Lock func(ctx context.Context, key string) (unlock func(), err error)

// Options configure the layer.
type Options struct {
	// MembersShown is the largest group that is returned after a PATCH of its members. For larger
	// groups the answer is 204. 0: it is 204 for every group, without asking how large it is.
	MembersShown int
	// SkipUnknownMembers leaves out members that do not exist, instead of refusing the change. The
	// answer names them.
	SkipUnknownMembers bool
	// Prove checks that the caller may change a resource, or create one if the ref has no id,
	// before a lock is taken or anything is stored. If it is nil, the layers below use the proxy's
	// own account.
	Prove func(ctx context.Context, ref scim.Ref) error
	// Doubt is how long a resource stays locked after a write without an answer, which may still
	// take effect and must not do so after a later write.
	Doubt time.Duration
}

// Service is the topmost layer.
type Service struct {
	below   directory.Directory
	lock    Lock
	schemas scim.Schemas
	options Options
}

// New returns the layer on top of below.
func New(below directory.Directory, l Lock, s scim.Schemas, o Options) *Service {
	return &Service{below, l, s, o}
}

var _ protocol.Service = (*Service)(nil)

// Capabilities adds versions (ETag).
func (s *Service) Capabilities() directory.Capabilities {
	a := s.below.Capabilities()
	a.ETag = true
	return a
}

// Below is the directory that the Service writes to.
func (s *Service) Below() directory.Directory { return s.below }

// Prove returns an error if the caller may not write.
func (s *Service) Prove(ctx context.Context, ref scim.Ref) error {
	if s.options.Prove == nil {
		return nil
	}
	return s.options.Prove(ctx, ref)
}

// Do executes a call. It is the only switch over calls.
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
	case protocol.Restore:
		return s.restore(ctx, c)
	}
	return protocol.Answer{}, scim.NotImplemented("this call is not supported")
}

// detach returns a context that ignores the caller's cancellation and keeps its deadline.
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
		body = body.With("active", "true") // RFC 7643 defines no default
	}
	if err := s.schemas.CheckRequired(c.Type, body); err != nil {
		return protocol.Answer{}, err
	}
	if err := s.Prove(ctx, scim.Ref{Type: c.Type}); err != nil {
		return protocol.Answer{}, err
	}
	unlock, err := s.lock(ctx, "create/"+string(c.Type)+"/"+document.Lower(document.Trim(document.Text(body.Get(scim.Identifying(c.Type))))))
	if err != nil {
		return protocol.Answer{}, scim.Unavailable("the lock", err)
	}
	ctx, outcome := directory.WithOutcome(ctx)
	defer s.release(unlock, outcome)
	r, err := s.below.Create(directory.WithMembersToCome(ctx, m), c.Type, body)
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
			return protocol.Answer{}, directory.Undone(err, s.below.Delete(context.WithoutCancel(ctx), ref)) // the whole create fails
		}
	}
	a, err := s.answer(ctx, change{ref: ref, want: c.Projection, whole: true}, r)
	a.Made, a.Skipped, a.Adopted = ref, skipped, outcome.Adopted()
	return a, unshown(err)
}

func (s *Service) replace(ctx context.Context, c protocol.Replace) (protocol.Answer, error) {
	body, m, err := s.split(c.Type, c.Body)
	if err != nil {
		return protocol.Answer{}, err
	}
	m.Replace = c.Type == scim.Group // absent attributes are removed, also members
	if err := s.schemas.CheckRequired(c.Type, body); err != nil {
		return protocol.Answer{}, err
	}
	return s.write(ctx, change{ref: c.Ref, ifMatch: c.IfMatch, want: c.Projection, members: m, whole: true, edit: func(cur scim.Resource) (scim.Resource, error) {
		wanted := body.With("id", cur.Raw("id")).With("meta", cur.Raw("meta")).With("schemas", cur.Raw("schemas"))
		if body.Raw("active") == "" { // a PUT without active does not change it
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

// split removes from a body what no client sets, and the members of a group, which it returns
// separately.
func (s *Service) split(t scim.ResourceType, body scim.Resource) (scim.Resource, directory.MemberChange, error) {
	var m directory.MemberChange
	body = s.schemas.Settable(t, body)
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
