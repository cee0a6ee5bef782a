package keycloak

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// broken is a Keycloak with one user who breaks the user profile, so that it refuses every PATCH
// before it looks at permissions. It answers Admin REST as a row says.
type broken struct {
	user   string // the answer to a read by Admin REST, or ""
	put    int    // the status of an update by Admin REST
	logout int
	asked  []string
	lost   bool // PATCHes get no answer
	whole  bool // the user does not break the profile
}

func (b *broken) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := 200, `{"id":"u","userName":"bare","active":true}`
	admin := strings.HasPrefix(r.URL.Path, "/admin/")
	b.asked = append(b.asked, r.Method)
	switch {
	case r.Method == http.MethodPatch && b.lost:
		return nil, io.ErrUnexpectedEOF
	case r.Method == http.MethodPatch && b.whole:
		body = `{"id":"u","userName":"bare","active":false}`
	case r.Method == http.MethodPatch:
		status, body = 400, `{"schemas":["`+scim.ErrorURN+`"],"status":"400","detail":"Please specify lastName."}`
	case r.Method == http.MethodPut && admin:
		status, body = b.put, ""
	case strings.HasSuffix(r.URL.Path, "/sessions"), strings.HasSuffix(r.URL.Path, "/consents"):
		body = "[]"
	case r.Method == http.MethodPost && admin:
		status, body = b.logout, ""
	case admin && b.user == "":
		status, body = 403, ""
	case admin:
		body = b.user
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (b *broken) realm() *Realm {
	return NewRealm(NewClient("http://keycloak.example", b, time.Minute, 1), "r", Caller("token"), profile.Stock())
}

var bare = scim.Ref{Type: scim.User, ID: "u"}

// An empty PATCH that is refused for the user's data proves nothing: Admin REST says whether the
// caller may.
func TestProofOfABrokenUser(t *testing.T) {
	for user, want := range map[string]int{
		`{"access":{"manage":true}}`:  0,
		`{"access":{"manage":false}}`: 403,
		`{}`:                          403,
		"":                            403,
	} {
		err := (&broken{user: user}).realm().MayWrite(t.Context(), bare)
		if want == 0 && err != nil || want != 0 && scim.Status(err) != want {
			t.Errorf("%q: %v, want %d", user, err, want)
		}
	}
}

// The error repeats what Admin REST answers to the deactivation, and the user is signed out if
// only the profile stands in the way.
func TestDeactivationThatIsRefused(t *testing.T) {
	for _, row := range []struct {
		put, logout, status int
		says                string
		signedOut           bool
	}{
		{400, 204, 400, "the user is still enabled", true},
		{403, 204, 403, "does not allow", false},
		{204, 403, 403, "does not allow", true},
		{500, 204, 502, "", false},
	} {
		b := &broken{put: row.put, logout: row.logout}
		_, err := b.realm().Update(t.Context(), bare, func(r scim.Resource) (scim.Resource, error) { return r.With("active", "false"), nil })
		if e := scim.AsError(err); err == nil || e.Status != row.status || !strings.Contains(e.Detail, row.says) {
			t.Errorf("%+v: %v", row, err)
		}
		if disabled := row.put == 204; scim.AsError(err).Remains != (disabled || row.put == 400) {
			t.Errorf("%+v: a part is left: %t", row, !disabled)
		}
		if got := slices.Contains(b.asked, "POST"); got != row.signedOut {
			t.Errorf("%+v: asked %v", row, b.asked)
		}
	}
}

// A PATCH without an answer is not followed by another way: it may still take effect.
func TestDeactivationWithoutAnAnswer(t *testing.T) {
	b := &broken{lost: true}
	ctx, outcome := directory.WithOutcome(t.Context())
	_, err := b.realm().Update(ctx, bare, func(r scim.Resource) (scim.Resource, error) { return r.With("active", "false"), nil })
	if scim.Status(err) != 503 || !outcome.InDoubt() || len(b.asked) != 2 {
		t.Errorf("%v, asked %v", err, b.asked)
	}
}

// A user who is disabled and cannot be signed out is changed: the error says so, and an audit must
// not take it for a change of which nothing is left.
func TestDeactivationWithoutSignOut(t *testing.T) {
	b := &broken{whole: true, logout: 403}
	_, err := b.realm().Update(t.Context(), bare, func(r scim.Resource) (scim.Resource, error) { return r.With("active", "false"), nil })
	if e := scim.AsError(err); err == nil || e.Status != 403 || !e.Remains {
		t.Errorf("%v", err)
	}
}

// Whoever wants to see the members before a change sees them also if no id can be one.
func TestMembersThatCannotBe(t *testing.T) {
	seen := false
	ctx := directory.SeeMembers(t.Context(), func([]string) error { seen = true; return nil })
	err := (&broken{}).realm().ChangeMembers(ctx, scim.Ref{Type: scim.Group, ID: "g"}, directory.MemberChange{Remove: []string{"a b", "c/d"}})
	if err != nil || !seen {
		t.Errorf("%v, seen: %t", err, seen)
	}
}
