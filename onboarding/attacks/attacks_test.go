package attacks_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/onboarding/attacks"
)

var all = attacks.All(attacks.Own{Group: "g", Path: "/g", Child: "c", User: "u", Organization: "o", Prefix: "decoy-"}, attacks.Foreign{
	Users: []attacks.User{{Who: "another user", ID: "a/b"}}, Groups: []attacks.Group{{Who: "another group", ID: "x", Path: "/x"}},
	Organization: "p", OtherClient: "q", Role: attacks.Role{ID: "decoy-role"}, Client: "client", Account: "account",
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
		if a.Name != "the realm" && !strings.HasPrefix(a.Name, "the tenant's own ") || strings.HasSuffix(a.Path, "/") {
			t.Errorf("%s %s", a.Name, a.Path)
		}
	}
}

func TestRun(t *testing.T) {
	probes, joins, halves := 0, 0, 0
	for _, a := range all {
		if a.Probe {
			probes++
		}
		if a.Refused(400) {
			joins++
		}
		if a.Refused(500) {
			halves++
		}
	}
	for status, want := range map[int]int{200: len(all), 204: len(all), 302: len(all), 500: len(all) - halves, 409: len(all), 400: len(all) - joins, 403: 0, 404: probes} {
		succeeded, err := attacks.Run(all, func(attacks.Attack) (int, error) { return status, nil })
		if err != nil || len(succeeded) != want || joins == 0 || probes == 0 {
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

// In a realm in production a write is sent to decoys only, or it is a probe.
func TestUpTo(t *testing.T) {
	decoys := []string{"/a%2Fb", "/x", "/p", "/q", "/attack-detection/brute-force/users/a%2Fb"}
	for _, a := range attacks.UpTo(attacks.ForeignHarm, all) {
		writes := a.Method != "GET" && !a.Probe
		onDecoy := strings.Contains(a.Body, "decoy-") || slices.ContainsFunc(decoys, func(d string) bool {
			return strings.Contains(a.Path+"/", d+"/") || strings.Contains(a.Body, `"x"`) || strings.Contains(a.Body, "a/b")
		})
		if writes && !onDecoy {
			t.Errorf("%s %s %s", a.Method, a.Path, a.Body)
		}
	}
	for _, a := range attacks.UpTo(attacks.Nothing, all) {
		if a.Method != "GET" && !a.Probe {
			t.Errorf("%s %s %s", a.Method, a.Path, a.Body)
		}
	}
}
