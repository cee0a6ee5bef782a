package verify

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"keycloak-scim-proxy/onboarding/attacks"
)

// maxAnswer bounds the answers that are read, in bytes.
const maxAnswer = 8 << 20

// Over returns a Send that uses an HTTP client, which should have a timeout. The base is the URL of
// Keycloak. It calls token before each request, for the account's own access token.
func Over(client *http.Client, base, realm string, token func(context.Context) (string, error)) Send {
	direct := *client // a redirection is not a refusal
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	base, realm = strings.TrimSuffix(base, "/"), url.PathEscape(realm)
	return func(ctx context.Context, q Request) (status int, body []byte, err error) {
		target, contentType := base+"/admin/realms/"+realm+q.Path, "application/json"
		if q.API == attacks.SCIM {
			target, contentType = base+"/realms/"+realm+"/scim/v2"+q.Path, "application/scim+json"
		}
		r, err := http.NewRequestWithContext(ctx, q.Method, target, strings.NewReader(q.Body))
		if err != nil {
			return 0, nil, err
		}
		bearer, err := token(ctx)
		if err != nil {
			return 0, nil, err
		}
		r.Header.Set("Authorization", "Bearer "+bearer)
		if q.Body != "" {
			r.Header.Set("Content-Type", contentType)
		}
		res, err := direct.Do(r)
		if err != nil {
			return 0, nil, err
		}
		defer res.Body.Close()
		body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		return res.StatusCode, body, err
	}
}
