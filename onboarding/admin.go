package onboarding

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/Nerzal/gocloak/v13"
)

// Admin is an administrator's session with one Keycloak. It ends when its access token of the realm
// master expires, after a minute by default.
type Admin struct {
	base   string
	client *gocloak.GoCloak
	token  string
}

// Login opens a session as a user of the realm master. Each call may take up to 30 seconds.
func Login(ctx context.Context, base, user, password string) (*Admin, error) {
	a := &Admin{base: strings.TrimSuffix(base, "/"), client: gocloak.NewClient(base)}
	a.client.RestyClient().RemoveProxy().SetTimeout(30 * time.Second) // so that no HTTP proxy from the environment sees the password
	t, err := a.client.LoginAdmin(ctx, user, password, "master")
	if err != nil {
		return nil, fmt.Errorf("log in to Keycloak at %s as %q: %w", base, user, err)
	}
	a.token = t.AccessToken
	return a, nil
}

// do sends a request to the Admin REST API below /admin/realms. It escapes the names in path; body
// and result may be nil. If Keycloak refuses the request, the error is a gocloak.APIError with the
// status.
func (a *Admin) do(ctx context.Context, method string, body, result any, path ...string) error {
	var target strings.Builder
	target.WriteString(a.base + "/admin/realms")
	for _, name := range path {
		target.WriteString("/" + url.PathEscape(name))
	}
	r := a.client.GetRequestWithBearerAuth(ctx, a.token)
	if body != nil {
		r.SetBody(body)
	}
	if result != nil {
		r.SetResult(result)
	}
	res, err := r.Execute(method, target.String())
	if err == nil && res.IsError() {
		err = &gocloak.APIError{Code: res.StatusCode(), Message: fmt.Sprintf("Keycloak answered %d", res.StatusCode())}
	}
	return err
}

func isStatus(err error, code int) bool {
	var e *gocloak.APIError
	return errors.As(err, &e) && e.Code == code
}
