package patches

import (
	"context"
	"slices"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// mails makes a user with a primary address of the type work and another of the type home, sends
// operations, and fails unless a GET shows exactly the wanted addresses as "type value primary".
// {w}, {h} and {n} stand for the two addresses and a new one.
func mails(ctx context.Context, s *probe.Session, op func(w, h, n string) probe.Object, wanted ...string) error {
	name := s.Name()
	work, home, fresh := name+"-w@example.com", name+"-h@example.com", name+"-n@example.com"
	path, _, err := s.NewUser(ctx, probe.Object{"emails": []probe.Object{{"value": work, "type": "work", "primary": true}, {"value": home, "type": "home"}}})
	if err != nil {
		return err
	}
	a, err := s.Patched(ctx, path, op(work, home, fresh))
	if err != nil {
		return err
	}
	got, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	shown := []string{}
	for _, e := range probe.List(got.Body, "emails") {
		one, _ := e["value"].(string)
		kind, _ := e["type"].(string)
		if e["primary"] == true {
			one += " primary"
		}
		shown = append(shown, kind+" "+one)
	}
	for i, w := range wanted {
		wanted[i] = strings.NewReplacer("{w}", work, "{h}", home, "{n}", fresh).Replace(w)
	}
	if !slices.Equal(slices.Sorted(slices.Values(shown)), slices.Sorted(slices.Values(wanted))) {
		return a.Fail("a GET shows the addresses "+strings.Join(wanted, ", "), strings.Join(shown, ", "))
	}
	return nil
}

func addValue(ctx context.Context, s *probe.Session) error {
	return mails(ctx, s, func(_, _, n string) probe.Object {
		return probe.Op("add", "emails", []probe.Object{{"value": n, "type": "other"}})
	}, "work {w} primary", "home {h}", "other {n}")
}

func addTwice(ctx context.Context, s *probe.Session) error {
	return mails(ctx, s, func(_, h, _ string) probe.Object {
		return probe.Op("add", "emails", []probe.Object{{"value": h, "type": "home"}})
	}, "work {w} primary", "home {h}")
}

func replaceList(ctx context.Context, s *probe.Session) error {
	return mails(ctx, s, func(_, _, n string) probe.Object {
		return probe.Op("replace", "emails", []probe.Object{{"value": n, "type": "work", "primary": true}})
	}, "work {n} primary")
}

func filterReplace(ctx context.Context, s *probe.Session) error {
	return mails(ctx, s, func(_, _, n string) probe.Object { return probe.Op("replace", `emails[type eq "work"].value`, n) }, "work {n} primary", "home {h}")
}

func filterRemove(ctx context.Context, s *probe.Session) error {
	return mails(ctx, s, func(_, _, _ string) probe.Object { return probe.Op("remove", `emails[type eq "home"]`, nil) }, "work {w} primary")
}

func primary(ctx context.Context, s *probe.Session) error {
	return mails(ctx, s, func(_, _, n string) probe.Object {
		return probe.Op("add", "emails", []probe.Object{{"value": n, "type": "other", "primary": true}})
	}, "work {w}", "home {h}", "other {n} primary")
}
