package signout_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/keycloak/signout"
)

// user is one with sessions and consents.
type user struct {
	sessions, consents string
	keeps              bool   // a sign-out changes nothing
	fails              string // a request that fails
	asked              []string
}

func (u *user) ask(_ context.Context, method, path string) ([]byte, error) {
	u.asked = append(u.asked, method+path)
	switch {
	case method+path == u.fails:
		return nil, errors.New("down")
	case method == "GET" && path == "/sessions":
		return []byte(u.sessions), nil
	case method == "GET":
		return []byte(u.consents), nil
	case u.keeps:
	case method == "POST":
		u.sessions = "[]"
	default:
		u.consents = "[]"
	}
	return nil, nil
}

func TestEnd(t *testing.T) {
	const sessions, consents = `[{"id":"a"},{"id":"b"}]`, `[{"clientId":"app/1"}]`
	for name, c := range map[string]struct {
		user   user
		want   signout.Ended
		fails  bool
		asks   string // among others
		number int
	}{
		"nothing":                   {user{sessions: "[]", consents: "[]"}, signout.Ended{}, false, "POST/logout", 3},
		"all":                       {user{sessions: sessions, consents: consents}, signout.Ended{Sessions: 2, Consents: 1}, false, "DELETE/consents/app%2F1", 6},
		"they stay":                 {user{sessions: sessions, consents: consents, keeps: true}, signout.Ended{Sessions: 2, Consents: 1}, true, "POST/logout", 6},
		"sessions that stay secret": {user{sessions: sessions, consents: consents, fails: "GET/sessions"}, signout.Ended{}, true, "POST/logout", 2},
		"consents that stay secret": {user{sessions: sessions, consents: consents, fails: "GET/consents"}, signout.Ended{}, true, "POST/logout", 3},
		"no sign-out":               {user{sessions: sessions, consents: consents, fails: "POST/logout"}, signout.Ended{}, true, "POST/logout", 3},
		"not a list":                {user{sessions: "{", consents: consents}, signout.Ended{}, true, "POST/logout", 2},
	} {
		got, err := signout.End(t.Context(), c.user.ask)
		if got != c.want || (err != nil) != c.fails || !slices.Contains(c.user.asked, c.asks) || len(c.user.asked) != c.number {
			t.Errorf("%s: %+v, %v, asked %q", name, got, err, c.user.asked)
		}
	}
}
