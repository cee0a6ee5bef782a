package queries

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func listForm(ctx context.Context, s *probe.Session) error {
	if _, err := s.People(ctx); err != nil {
		return err
	}
	a, err := s.Get(ctx, "/Users")
	if err != nil {
		return err
	}
	if err := a.Shows("schemas", []string{probe.ListURN}); err != nil {
		return err
	}
	if n, ok := a.At("totalResults").(float64); !ok || n < float64(len(probe.List(a.Body, "Resources"))) || n < 3 {
		return a.Fail("totalResults of at least the number of resources", probe.Text(a.At("totalResults")))
	}
	if len(probe.List(a.Body, "Resources")) == 0 {
		return a.Fail("Resources with users", probe.Text(a.At("Resources")))
	}
	return nil
}

func listNone(ctx context.Context, s *probe.Session) error {
	if _, err := s.People(ctx); err != nil {
		return err
	}
	_, a, err := s.Find(ctx, "/Users", "userName eq "+probe.Quote(s.Prefix+"-none"))
	if err != nil {
		return err
	}
	return a.ShowsAll("schemas", []string{probe.ListURN}, "totalResults", 0, "Resources", nil)
}

// mine is a filter that finds the shared users.
func mine(ctx context.Context, s *probe.Session) (string, []string, error) {
	p, err := s.People(ctx)
	if err != nil {
		return "", nil, err
	}
	filter, ids := "", []string{}
	for i, one := range p.All {
		if i > 0 {
			filter += " or "
		}
		filter += "userName eq " + probe.Quote(one.UserName)
		ids = append(ids, one.ID)
	}
	return filter, ids, nil
}

// page asks for a page of the shared users, and fails unless it has so many resources, and
// totalResults 3.
func page(ctx context.Context, s *probe.Session, resources int, parameters ...string) (*probe.Answer, error) {
	filter, _, err := mine(ctx, s)
	if err != nil {
		return nil, err
	}
	list, a, err := s.Find(ctx, "/Users", filter, parameters...)
	if err != nil {
		return a, err
	}
	if len(list) != resources {
		return a, a.Fail(strconv.Itoa(resources)+" resources", a.Text)
	}
	return a, a.Shows("totalResults", 3)
}

func listAttributes(ctx context.Context, s *probe.Session) error {
	a, err := page(ctx, s, 3, "attributes", "userName")
	if err != nil {
		return err
	}
	for _, r := range probe.List(a.Body, "Resources") {
		if r["userName"] == nil || r["id"] == nil || r["emails"] != nil {
			return a.Fail("users with id and userName, without emails", probe.Text(r))
		}
	}
	return nil
}

func pageCount(ctx context.Context, s *probe.Session) error {
	a, err := page(ctx, s, 1, "startIndex", "1", "count", "1")
	if err != nil {
		return err
	}
	return a.ShowsAll("itemsPerPage", 1, "startIndex", 1)
}

func pageZero(ctx context.Context, s *probe.Session) error {
	_, err := page(ctx, s, 0, "count", "0")
	return err
}

func pageNegative(ctx context.Context, s *probe.Session) error {
	_, err := page(ctx, s, 0, "count", "-3")
	return err
}

func pageStartZero(ctx context.Context, s *probe.Session) error {
	a, err := page(ctx, s, 2, "startIndex", "-1", "count", "2")
	if err != nil {
		return err
	}
	return a.Shows("startIndex", 1)
}

func pageBeyond(ctx context.Context, s *probe.Session) error {
	_, err := page(ctx, s, 0, "startIndex", "10", "count", "2")
	return err
}

// complete fails unless the ids seen are those of the shared users, each once.
func complete(a *probe.Answer, seen, ids []string) error {
	slices.Sort(seen)
	slices.Sort(ids)
	if !slices.Equal(seen, ids) {
		return a.Fail("pages that together show each user once: "+probe.Text(ids), probe.Text(seen))
	}
	return nil
}

func pageWalk(ctx context.Context, s *probe.Session) error {
	_, ids, err := mine(ctx, s)
	if err != nil {
		return err
	}
	var seen []string
	var a *probe.Answer
	for i := range ids {
		if a, err = page(ctx, s, 1, "startIndex", strconv.Itoa(i+1), "count", "1"); err != nil {
			return err
		}
		seen = append(seen, probe.Values(probe.List(a.Body, "Resources"), "id")...)
	}
	return complete(a, seen, ids)
}

// cursors skips a check if cursors are not advertised.
func cursors(check probe.Check) probe.Check {
	return filtered(func(ctx context.Context, s *probe.Session) error {
		a, err := s.Document(ctx, "/ServiceProviderConfig")
		if err != nil {
			return err
		}
		if a.At("pagination/cursor") != true {
			return probe.Skip("the ServiceProviderConfig does not advertise pagination.cursor")
		}
		return check(ctx, s)
	})
}

func cursorWalk(ctx context.Context, s *probe.Session) error {
	filter, ids, err := mine(ctx, s)
	if err != nil {
		return err
	}
	var seen []string
	for cursor, pages := "", 0; pages < 5; pages++ {
		list, a, err := s.Find(ctx, "/Users", filter, "cursor", cursor, "count", "2")
		if err != nil {
			return err
		}
		if seen = append(seen, probe.Values(list, "id")...); len(list) > 2 {
			return a.Fail("at most 2 resources", a.Text)
		}
		if cursor = a.String("nextCursor"); cursor == "" {
			return complete(a, seen, ids)
		}
	}
	return &probe.Failure{Expected: "a last page without nextCursor", Shown: "5 pages of 3 users"}
}

func cursorInvalid(ctx context.Context, s *probe.Session) error {
	a, err := s.Do(ctx, http.MethodGet, "/Users?count=2&cursor=not-a-cursor", nil)
	if err != nil {
		return err
	}
	return a.Refused("invalidCursor", http.StatusBadRequest)
}

// sorted checks the order of the shared users by their family name.
func sorted(order string, wanted ...int) probe.Check {
	return filtered(func(ctx context.Context, s *probe.Session) error {
		if err := s.NeedsFeature(ctx, "sort"); err != nil {
			return err
		}
		parameters := []string{"sortBy", "name.familyName"}
		if order != "" {
			parameters = append(parameters, "sortOrder", order)
		}
		a, err := page(ctx, s, 3, parameters...)
		if err != nil {
			return err
		}
		want := []string{}
		for _, i := range wanted {
			want = append(want, probe.Family[i])
		}
		if shown := probe.Values(probe.List(a.Body, "Resources"), "name/familyName"); !slices.Equal(shown, want) {
			return a.Fail("the order "+probe.Text(want), probe.Text(shown))
		}
		return nil
	})
}

func searchUsers(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	a, err := s.Send(ctx, http.MethodPost, "/Users/.search", probe.Object{"schemas": []string{probe.SearchURN}, "filter": "userName eq " + probe.Quote(p.All[1].UserName)}, http.StatusOK)
	if err != nil {
		return err
	}
	return a.ShowsAll("schemas", []string{probe.ListURN}, "totalResults", 1, "Resources/0/id", p.All[1].ID)
}

func searchAttributes(ctx context.Context, s *probe.Session) error {
	filter, _, err := mine(ctx, s)
	if err != nil {
		return err
	}
	a, err := s.Send(ctx, http.MethodPost, "/Users/.search", probe.Object{"schemas": []string{probe.SearchURN}, "filter": filter, "attributes": []string{"userName"}, "startIndex": 1, "count": 2}, http.StatusOK)
	if err != nil {
		return err
	}
	if list := probe.List(a.Body, "Resources"); len(list) != 2 || list[0]["emails"] != nil || list[0]["userName"] == nil {
		return a.Fail("two users with userName, without emails", a.Text)
	}
	return nil
}

func searchRoot(ctx context.Context, s *probe.Session) error {
	_, err := s.Send(ctx, http.MethodPost, "/.search", probe.Object{"schemas": []string{probe.SearchURN}, "filter": "id eq " + probe.Quote(url.PathEscape(s.Prefix))},
		http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusNotImplemented)
	return err
}
