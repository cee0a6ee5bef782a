package providers

import (
	"context"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// entraBecomes sends operations to a new user, and fails unless a GET shows the values after them.
func entraBecomes(ctx context.Context, s *probe.Session, ops []probe.Object, pairs ...any) error {
	u, err := entraNew(ctx, s)
	if err != nil {
		return err
	}
	return s.Becomes(ctx, u.path, ops, pairs...)
}

func ops(all ...probe.Object) []probe.Object { return all }

func entraDeactivate(ctx context.Context, s *probe.Session) error {
	u, err := entraNew(ctx, s)
	if err != nil {
		return err
	}
	if err := s.Becomes(ctx, u.path, ops(probe.Op("Replace", "active", "False")), "active", false); err != nil {
		return err
	}
	return matches(ctx, s, "/Users?filter="+url.QueryEscape("userName eq "+probe.Quote(u.name)), u.path)
}

func entraReactivate(ctx context.Context, s *probe.Session) error {
	u, err := entraNew(ctx, s)
	if err != nil {
		return err
	}
	if err := s.Becomes(ctx, u.path, ops(probe.Op("Replace", "active", "False")), "active", false); err != nil {
		return err
	}
	return s.Becomes(ctx, u.path, ops(probe.Op("Replace", "active", "True")), "active", true)
}

func entraMailAdd(ctx context.Context, s *probe.Session) error {
	return entraBecomes(ctx, s, ops(probe.Op("Add", `phoneNumbers[type eq "mobile"].value`, "+43 1 555")), "phoneNumbers/0/value", "+43 1 555", "phoneNumbers/0/type", "mobile")
}

func entraAddress(ctx context.Context, s *probe.Session) error {
	return entraBecomes(ctx, s, ops(
		probe.Op("Add", `addresses[type eq "work"].streetAddress`, "1 Ring"),
		probe.Op("Add", `addresses[type eq "work"].locality`, "Wien"),
		probe.Op("Add", `addresses[type eq "work"].postalCode`, "1010"),
	), "addresses/0/streetAddress", "1 Ring", "addresses/0/locality", "Wien", "addresses/0/postalCode", "1010", "addresses/1", nil)
}

func entraPrimary(ctx context.Context, s *probe.Session) error {
	mail := s.Name() + "@example.org"
	return entraBecomes(ctx, s, ops(probe.Op("Replace", `emails[primary eq true].value`, mail)), "emails/0/value", mail, "emails/1", nil)
}

func entraManager(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	u, err := entraNew(ctx, s)
	if err != nil {
		return err
	}
	manager := probe.EnterpriseURN + ":manager"
	if err := s.Becomes(ctx, u.path, ops(probe.Op("Add", manager, p.All[0].ID)), probe.EnterpriseURN+"/manager/value", p.All[0].ID); err != nil {
		return err
	}
	return s.Becomes(ctx, u.path, ops(probe.Op("Replace", manager, "")), probe.EnterpriseURN+"/manager/value", nil)
}

func entraDotURN(ctx context.Context, s *probe.Session) error {
	return entraBecomes(ctx, s, ops(probe.Op("Add", probe.EnterpriseURN+".department", "Engines")), probe.EnterpriseURN+"/department", "Engines")
}

func entraClear(ctx context.Context, s *probe.Session) error {
	u, err := entraNew(ctx, s)
	if err != nil {
		return err
	}
	for _, value := range []any{"", probe.Null} {
		if err := s.Becomes(ctx, u.path, ops(probe.Op("Add", "title", "Countess")), "title", "Countess"); err != nil {
			return err
		}
		if err := s.Becomes(ctx, u.path, ops(probe.Op("Replace", "title", value)), "title", nil); err != nil {
			return err
		}
	}
	return nil
}

// entraMany sends 36 operations, of which some are for the same attribute.
func entraMany(ctx context.Context, s *probe.Session) error {
	all := []probe.Object{}
	for _, value := range []string{"a", "b", "c"} {
		for _, path := range []string{"displayName", "title", "nickName", "userType", "preferredLanguage", "name.middleName", "name.honorificPrefix", "name.honorificSuffix"} {
			all = append(all, probe.Op("Add", path, value))
		}
		for _, path := range []string{"employeeNumber", "department", "costCenter", "division"} {
			all = append(all, probe.Op("Add", probe.EnterpriseURN+":"+path, value))
		}
	}
	return entraBecomes(ctx, s, all, "displayName", "c", "title", "c", "nickName", "c", "name/middleName", "c", probe.EnterpriseURN+"/department", "c", probe.EnterpriseURN+"/division", "c")
}

func entraInOrder(ctx context.Context, s *probe.Session) error {
	return entraBecomes(ctx, s, ops(probe.Op("Remove", "displayName", nil), probe.Op("Add", "displayName", "First"), probe.Op("Replace", "displayName", "Second")), "displayName", "Second")
}

func entraFlat(ctx context.Context, s *probe.Session) error {
	return entraBecomes(ctx, s, ops(probe.Op("replace", "", probe.Object{"displayName": "Augusta", "name.givenName": "Augusta", probe.EnterpriseURN + ":employeeNumber": "17", "active": false})),
		"displayName", "Augusta", "name/givenName", "Augusta", "name/familyName", "Lovelace", probe.EnterpriseURN+"/employeeNumber", "17", "active", false)
}

func entraPhone(ctx context.Context, s *probe.Session) error {
	body, _ := entraBody(s)
	body["phoneNumbers"] = []probe.Object{{"type": "work", "value": "+1 (425) 555-0100 x 7"}}
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return err
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), "phoneNumbers/0/value", "+1 (425) 555-0100 x 7", "phoneNumbers/0/type", "work")
}

func entraDelete(ctx context.Context, s *probe.Session) error {
	u, err := entraNew(ctx, s)
	if err != nil {
		return err
	}
	if _, err := s.Send(ctx, http.MethodDelete, u.path, nil, http.StatusNoContent); err != nil {
		return err
	}
	_, err = s.Send(ctx, http.MethodDelete, u.path, nil, http.StatusNotFound)
	return err
}
