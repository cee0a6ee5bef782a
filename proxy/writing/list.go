package writing

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

func (s *Service) list(ctx context.Context, c protocol.List) (protocol.Answer, error) {
	if c.Query.Type == "" {
		return s.everywhere(ctx, c)
	}
	p, err := s.below.List(ctx, c.Query)
	if err != nil {
		return protocol.Answer{}, err
	}
	for i, r := range p.Resources {
		p.Resources[i] = s.show(scim.Ref{Type: c.Query.Type}, c.Projection, r).Resource
	}
	return protocol.Answer{Page: &p}, nil
}

// everywhere searches all types (RFC 7644 section 3.4.3): first users, then groups. A type without
// the attributes of the filter has no results; a filter that is invalid for all types is refused.
func (s *Service) everywhere(ctx context.Context, c protocol.List) (protocol.Answer, error) {
	if c.Query.Cursor != nil || !c.Query.Sort.By.IsZero() {
		return protocol.Answer{}, scim.NotImplemented("a search over all types does not support cursors or sorting; search /Users or /Groups")
	}
	out := &directory.Page{Start: c.Query.Start}
	var refused error
	answered, cut := false, false
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		one := c
		one.Query.Type = t
		one.Query.Fields = c.Projection.Fields(t)
		one.Query.Start = max(c.Query.Start-out.Total, 1)
		one.Query.Count = c.Query.Count - len(out.Resources)
		if cut {
			one.Query.Count = 0 // only the total, because the page is full
		}
		a, err := s.list(ctx, one)
		if e := scim.AsError(err); err != nil && e.Type == "invalidFilter" {
			refused = err
			continue
		}
		if err != nil {
			return protocol.Answer{}, err
		}
		answered = true
		cut = cut || len(a.Page.Resources) < min(one.Query.Count, a.Page.Total-one.Query.Start+1) // pages are limited in bytes
		out.Total += a.Page.Total
		out.Resources = append(out.Resources, a.Page.Resources...)
		out.Types = append(out.Types, slices.Repeat([]scim.ResourceType{t}, len(a.Page.Resources))...)
	}
	if !answered {
		return protocol.Answer{}, refused
	}
	return protocol.Answer{Page: out}, nil
}
