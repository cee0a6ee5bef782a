package writing

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func (s *Service) read(ctx context.Context, c protocol.Read) (protocol.Answer, error) {
	r, err := s.below.Get(ctx, c.Ref, c.Projection.Fields(c.Type))
	if err != nil {
		return protocol.Answer{}, err
	}
	return s.show(c.Ref, c.Projection, r), nil
}

// answer returns a resource after a write. A group is read again for its members, unless they are
// not requested. If a group has too many members after a PATCH, the answer has no body, because a
// part of a resource must not look like the whole.
func (s *Service) answer(ctx context.Context, c change, after scim.Resource) (protocol.Answer, error) {
	ref, w := c.ref, c.want
	if w.Quiet {
		return protocol.Answer{}, nil
	}
	need := w.Fields(ref.Type)
	if !after.IsZero() && !need.Members {
		return s.show(ref, w, after), nil
	}
	if need.Members && !c.whole && s.options.MembersShown == 0 {
		return protocol.Answer{}, nil
	}
	if need.Members && !c.whole {
		inGroup := scim.Equal(scim.AttrPath{Name: "groups", Sub: "value"}, ref.ID)
		size, err := s.below.List(ctx, directory.Query{Type: scim.User, Filter: inGroup, Start: 1})
		if err != nil {
			return protocol.Answer{}, err
		}
		if size.Total > s.options.MembersShown {
			return protocol.Answer{}, nil
		}
	}
	r, err := s.below.Get(ctx, ref, need)
	if err != nil {
		return protocol.Answer{}, err
	}
	return s.show(ref, w, r), nil
}

// unshown is the error of a write that was made, and whose answer could not be read.
func unshown(err error) error {
	if err == nil {
		return nil
	}
	e := *scim.AsError(err)
	e.Detail += "; what was asked is done, and could not be read afterwards"
	e.Cause, e.Remains = err, true
	return &e
}

// show adds the version of a resource if the whole resource was read.
func (s *Service) show(ref scim.Ref, w protocol.Projection, r scim.Resource) protocol.Answer {
	var a protocol.Answer
	if len(w.Attributes) == 0 {
		a.Version = scim.Version(ref.Type, r, w.Fields(ref.Type).Members)
		doc := r.Object()
		doc.Set(scim.AttrPath{Name: "meta", Sub: "version"}, document.Quote(a.Version))
		r = doc.Resource()
	}
	a.Resource = r
	return a
}

// precondition checks the current version against If-Match (RFC 7644 section 3.14).
func (s *Service) precondition(ctx context.Context, ref scim.Ref, ifMatch string) error {
	if ifMatch == "" {
		return nil
	}
	need := protocol.Projection{}.Fields(ref.Type)
	cur, err := s.below.Get(ctx, ref, need)
	if err != nil {
		return err
	}
	if !scim.MatchesVersion(ifMatch, scim.Version(ref.Type, cur, need.Members), true) {
		return scim.Precondition()
	}
	return nil
}
