package writing

import (
	"context"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

func (s *Service) list(ctx context.Context, c protocol.List) (protocol.Answer, error) {
	if c.Query.Type == "" { // over all types: of groups the members may be asked for
		c.Query.Fields = c.Projection.Fields(scim.Group)
	}
	p, err := s.below.List(ctx, c.Query)
	if err != nil {
		return protocol.Answer{}, err
	}
	for i, r := range p.Resources {
		t := c.Query.Type
		if len(p.Types) > 0 {
			t = p.Types[i]
		}
		p.Resources[i] = s.show(scim.Ref{Type: t}, c.Projection, r).Resource
	}
	return protocol.Answer{Page: &p}, nil
}
