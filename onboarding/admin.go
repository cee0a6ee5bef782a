package onboarding

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Nerzal/gocloak/v13"
)

// Administrator are the credentials of a user who may manage a realm and its clients.
type Administrator struct {
	// Realm of the user. Empty: master.
	Realm          string
	User, Password string
}

// Admin is an administrator's session with one Keycloak.
type Admin struct {
	base   string
	client *gocloak.GoCloak
	who    Administrator
	token  string
	since  time.Time
}

const (
	// callTimeout is the maximum time of one call.
	callTimeout = 30 * time.Second
	// fresh is how long an access token is used. It must be valid longer than that: a minute by
	// default.
	fresh = 20 * time.Second
)

// Login opens a session at the Keycloak with this URL. Each call may take up to 30 seconds. Without
// a transport, calls go to Keycloak directly, whatever HTTP proxy the environment names, so that no
// proxy sees the password.
func Login(ctx context.Context, base string, who Administrator, to http.RoundTripper) (*Admin, error) {
	who.Realm = cmp.Or(who.Realm, "master")
	a := &Admin{base: strings.TrimSuffix(base, "/"), client: gocloak.NewClient(base), who: who}
	a.client.RestyClient().RemoveProxy().SetTimeout(callTimeout)
	if to != nil {
		a.client.RestyClient().SetTransport(to)
	}
	return a, a.Renew(ctx)
}

// Renew gets a new access token if the present one is older than some seconds. A caller that makes
// many calls calls it from time to time.
func (a *Admin) Renew(ctx context.Context) error {
	if a.token != "" && time.Since(a.since) < fresh {
		return nil
	}
	t, err := a.client.LoginAdmin(ctx, a.who.User, a.who.Password, a.who.Realm)
	if err != nil {
		return fmt.Errorf("log in to Keycloak at %s as %q of realm %s: %w", a.base, a.who.User, a.who.Realm, err)
	}
	a.token, a.since = t.AccessToken, time.Now()
	return nil
}

// Request is a request to the Admin REST API of a realm.
type Request struct {
	Method string
	// Path are the names of the path below the realm; they are escaped.
	Path  []string
	Query url.Values
	// Body is sent as JSON, []byte as it is; nil for none.
	Body any
	// Result is what the answer is decoded into; nil for nothing.
	Result any
}

// Do sends a request. If Keycloak refuses it, Status of the error is its status. created is the id
// of the object that the request created, "" if it created none.
func (a *Admin) Do(ctx context.Context, realm string, q Request) (created string, err error) {
	q.Path = append([]string{realm}, q.Path...)
	return a.send(ctx, q)
}

// do sends a request to the Admin REST API below /admin/realms.
func (a *Admin) do(ctx context.Context, method string, body, result any, path ...string) error {
	_, err := a.send(ctx, Request{Method: method, Body: body, Result: result, Path: path})
	return err
}

func (a *Admin) send(ctx context.Context, q Request) (created string, err error) {
	var target strings.Builder
	target.WriteString(a.base + "/admin/realms")
	for _, name := range q.Path {
		target.WriteString("/" + url.PathEscape(name))
	}
	r := a.client.GetRequestWithBearerAuth(ctx, a.token).SetQueryParamsFromValues(q.Query)
	if q.Body != nil {
		r.SetBody(q.Body)
	}
	if q.Result != nil {
		r.SetResult(q.Result)
	}
	res, err := r.Execute(q.Method, target.String())
	switch {
	case err != nil:
		return "", err
	case res.IsError():
		return "", refused(res.StatusCode(), res.Body())
	}
	at := res.Header().Get("Location")
	return at[strings.LastIndexByte(at, '/')+1:], nil
}

// Release returns the release of the server, such as 26.7.3; "" if the administrator may not see
// it.
func (a *Admin) Release(ctx context.Context) (string, error) {
	var info struct {
		SystemInfo struct{ Version string }
	}
	res, err := a.client.GetRequestWithBearerAuth(ctx, a.token).SetResult(&info).Get(a.base + "/admin/serverinfo")
	if err == nil && res.IsError() && res.StatusCode() != http.StatusForbidden {
		err = refused(res.StatusCode(), res.Body())
	}
	return info.SystemInfo.Version, err
}

// refused is the error of an answer. It has Keycloak's own message, cut at 200 characters.
func refused(status int, body []byte) error {
	var said struct {
		ErrorMessage, Error string
		Description         string `json:"error_description"`
	}
	text := fmt.Sprintf("Keycloak answered %d", status)
	if json.Unmarshal(body, &said) == nil {
		if message := cmp.Or(said.ErrorMessage, said.Description, said.Error); message != "" {
			text += ": " + message[:min(len(message), 200)]
		}
	}
	return &gocloak.APIError{Code: status, Message: text}
}

// Status returns the status with which Keycloak refused a request, 0 if it did not.
func Status(err error) int {
	if e, ok := errors.AsType[*gocloak.APIError](err); ok {
		return e.Code
	}
	return 0
}
