package attacks_test

import (
	"errors"
	"strings"
	"testing"

	"keycloak-scim-proxy/onboarding/attacks"
)

var all = attacks.All(attacks.Own{Group: "g", Path: "/g", Child: "c", User: "u", Organization: "o"}, attacks.Foreign{
	Users: []attacks.User{{Who: "another user", ID: "a/b"}}, Groups: []attacks.Group{{Who: "another group", ID: "x", Path: "/x"}},
	Organization: "p", Client: "client", Account: "account",
})

// Every object is attacked by both APIs, an id cannot leave its place in a path, and only what is
// given is attacked.
func TestAll(t *testing.T) {
	apis := map[string]string{}
	for _, a := range all {
		apis[a.Name] += string(a.API) + " "
		if strings.Contains(a.Path, "a/b") {
			t.Errorf("%s %s", a.Method, a.Path)
		}
	}
	for _, who := range []string{"another user", "another group", "the realm"} {
		if !strings.Contains(apis[who], string(attacks.SCIM)) || !strings.Contains(apis[who], string(attacks.Admin)) {
			t.Errorf("%s is attacked by %s", who, apis[who])
		}
	}
	for _, a := range attacks.All(attacks.Own{Group: "g", Child: "c", User: "u"}, attacks.Foreign{}) {
		if a.Name != "the realm" || strings.HasSuffix(a.Path, "organizations/") {
			t.Errorf("%s %s", a.Name, a.Path)
		}
	}
}

func TestRun(t *testing.T) {
	for status, want := range map[int]int{200: len(all), 204: len(all), 302: len(all), 403: 0, 404: 0, 500: 0} {
		succeeded, err := attacks.Run(all, func(attacks.Attack) (int, error) { return status, nil })
		if err != nil || len(succeeded) != want {
			t.Errorf("%d: %d succeed, %v", status, len(succeeded), err)
		}
	}
	if _, err := attacks.Run(all, func(attacks.Attack) (int, error) { return 401, nil }); err == nil {
		t.Error("an expired token proves that attacks fail")
	}
	lost := errors.New("lost")
	if _, err := attacks.Run(all, func(attacks.Attack) (int, error) { return 0, lost }); !errors.Is(err, lost) {
		t.Error(err)
	}
	if text := (attacks.Success{Attack: all[0], Status: 200}).String(); !strings.Contains(text, "another user") || !strings.Contains(text, "200") {
		t.Error(text)
	}
}
