package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Base is the path of the console, and of the session's cookie if that may have a path.
const Base = "/console"

// Session is who sends a request.
type Session struct {
	// Name is the user's name, Subject its id in Keycloak.
	Name, Subject string
	// Key names the session; it cannot be used as a cookie.
	Key string
	// Secret is that of page.Forms.
	Secret []byte
}

// Errors of a Gate, beside ErrForwarded of Local. Any other error means that Keycloak or the store
// does not answer.
var (
	// ErrNone means that there is no session, or that it has ended.
	ErrNone = errors.New("you are not signed in, or your session has ended")
	// ErrUsed means that a form was sent before.
	ErrUsed = errors.New("this form was sent before, and was not carried out again")
	// ErrMany means that a session has sent too many forms for now.
	ErrMany = errors.New("too many actions in half an hour: wait, or sign out and in again")
)

// Gate decides who sends a request.
type Gate interface {
	// Session returns the session of a request, and may set its cookie. active counts as a use of
	// it, which an open page alone does not.
	Session(w http.ResponseWriter, r *http.Request, active bool) (Session, error)
	// Use notes that the form with an ID of page.Forms is carried out. It fails with ErrUsed if it
	// was before, also by another process.
	Use(ctx context.Context, s Session, id string) error
	// Routes are the handlers that need no session, by patterns of http.ServeMux.
	Routes() map[string]http.Handler
	// Start is the URL at which a browser without a session signs in, to come back to a path; "" if
	// there is none. Out is the action of the form to sign out.
	Start(back string) string
	Out() string
}

// cookie returns the value of the only cookie of a name; "" if there is none, or more than one:
// another site of the same host, as on another port, may have added one.
func cookie(r *http.Request, name string) string {
	all := r.CookiesNamed(name)
	if len(all) != 1 {
		return ""
	}
	return all[0].Value
}

// inside returns a path with its query if it is a page of the console, otherwise Base.
func inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" || strings.ContainsAny(to, "\\\r\n\t") || len(to) > 1000 {
		return Base
	}
	if u.Path != Base && !strings.HasPrefix(u.Path, Base+"/") || strings.Contains(u.Path, "..") || strings.HasPrefix(u.Path, Base+"/sign") {
		return Base
	}
	u.Fragment = ""
	return u.String()
}
