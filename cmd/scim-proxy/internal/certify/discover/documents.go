package discover

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

const configURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

func configGet(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	return a.Shows("schemas", []string{configURN})
}

func configComplete(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
		if _, ok := a.At(feature + "/supported").(bool); !ok {
			return a.Fail(feature+".supported is a boolean", probe.Text(a.At(feature)))
		}
	}
	if _, ok := a.At("authenticationSchemes").([]any); !ok {
		return a.Fail("authenticationSchemes is a list", probe.Text(a.At("authenticationSchemes")))
	}
	return nil
}

func configLimits(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	for _, limit := range []string{"bulk/maxOperations", "bulk/maxPayloadSize", "filter/maxResults"} {
		if n, ok := a.At(limit).(float64); !ok || n != float64(int64(n)) {
			return a.Fail(limit+" is an integer", probe.Text(a.At(limit)))
		}
	}
	return nil
}

func configPagination(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	if a.At("pagination") == nil {
		return probe.Skip("the ServiceProviderConfig does not have pagination")
	}
	for _, method := range []string{"cursor", "index"} {
		if _, ok := a.At("pagination/" + method).(bool); !ok {
			return a.Fail("pagination."+method+" is a boolean", probe.Text(a.At("pagination")))
		}
	}
	return nil
}

func configNoFilter(ctx context.Context, s *probe.Session) error {
	_, err := s.Send(ctx, http.MethodGet, "/ServiceProviderConfig?filter="+url.QueryEscape(`patch pr`), nil, http.StatusForbidden)
	return err
}

// listed fails unless a discovery document is a list whose entries have keys.
func listed(ctx context.Context, s *probe.Session, path string, keys ...string) error {
	a, err := s.Document(ctx, path)
	if err != nil {
		return err
	}
	if err := a.Shows("schemas", []string{probe.ListURN}); err != nil {
		return err
	}
	list := probe.List(a.Body, "Resources")
	if len(list) == 0 {
		return a.Fail("Resources with entries", a.Text)
	}
	for _, entry := range list {
		for _, key := range keys {
			if probe.Equal(entry[key], nil) {
				return a.Fail("each entry has "+key, probe.Text(entry))
			}
		}
	}
	return nil
}

func typesList(ctx context.Context, s *probe.Session) error {
	return listed(ctx, s, "/ResourceTypes", "name", "endpoint", "schema")
}

func typesLocation(ctx context.Context, s *probe.Session) error {
	for _, t := range s.ResourceTypes(ctx) {
		name, _ := t["name"].(string)
		a, err := s.Get(ctx, "/ResourceTypes/"+url.PathEscape(name))
		if err != nil {
			return err
		}
		if err := a.Shows("name", name); err != nil {
			return err
		}
		if err := a.Shows("meta/resourceType", "ResourceType"); err != nil {
			return err
		}
	}
	return needs(s.ResourceTypes(ctx), "/ResourceTypes")
}

func needs(list []probe.Object, path string) error {
	if len(list) == 0 {
		return probe.Skip("GET " + path + " shows no entries")
	}
	return nil
}

func typesServed(ctx context.Context, s *probe.Session) error {
	for _, t := range s.ResourceTypes(ctx) {
		endpoint, _ := t["endpoint"].(string)
		path := "/" + strings.Trim(endpoint[strings.LastIndex(strings.TrimRight(endpoint, "/"), "/")+1:], "/")
		if _, err := s.Get(ctx, path+"?count=1"); err != nil {
			return err
		}
	}
	return needs(s.ResourceTypes(ctx), "/ResourceTypes")
}

func typesSchemas(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/Schemas")
	if err != nil {
		return err
	}
	known := probe.Values(s.Schemas(ctx), "id")
	for _, t := range s.ResourceTypes(ctx) {
		urn, _ := t["schema"].(string)
		for _, named := range append(probe.Values(probe.List(t, "schemaExtensions"), "schema"), urn) {
			if !slices.Contains(known, named) {
				return a.Fail("the schema "+named+" of a resource type", "schemas "+strings.Join(known, ", "))
			}
		}
	}
	return needs(s.ResourceTypes(ctx), "/ResourceTypes")
}

func schemasList(ctx context.Context, s *probe.Session) error {
	return listed(ctx, s, "/Schemas", "id", "attributes")
}

func schemasOne(ctx context.Context, s *probe.Session) error {
	for _, schema := range s.Schemas(ctx) {
		id, _ := schema["id"].(string)
		a, err := s.Get(ctx, "/Schemas/"+url.PathEscape(id))
		if err != nil {
			return err
		}
		if err := a.Shows("id", id); err != nil {
			return err
		}
	}
	return needs(s.Schemas(ctx), "/Schemas")
}
