package page

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// TokenField is the name of the hidden field with the token of a form. The template "token" makes
// it.
const TokenField = "token"

// TokenAge is how long a form can be sent after it was shown.
const TokenAge = 30 * time.Minute

// Errors of Check.
var (
	// ErrForm means that the form is not one of this session for this action.
	ErrForm = errors.New("the form is not one of your session for this action: open the page again")
	// ErrOldForm means that the form was shown too long ago.
	ErrOldForm = errors.New("the form was shown more than 30 minutes ago: open the page again")
)

// Forms makes and checks the tokens of the forms of one session, against requests that another
// site makes a browser send (CSRF). A token is bound to the session's secret and to one path.
type Forms struct {
	// Secret is known to the server only; at least 16 random bytes.
	Secret []byte
	Now    func() time.Time
}

// NewSecret returns the secret of a new session.
func NewSecret() []byte { return []byte(rand.Text()) }

// Token returns a token for a form that is sent to a path.
func (f Forms) Token(path string) string {
	id := rand.Text()
	at := strconv.FormatInt(f.Now().Unix(), 36)
	return strings.Join([]string{at, id, f.sign(path, at, id)}, ".")
}

// Check checks the token of a request that sends a form; the request's path is the action. It
// returns the token's ID. A caller that notes used IDs for TokenAge refuses a form that is sent
// twice.
func (f Forms) Check(r *http.Request) (id string, err error) {
	at, rest, _ := strings.Cut(r.PostFormValue(TokenField), ".")
	id, sum, _ := strings.Cut(rest, ".")
	if len(f.Secret) < 16 || !hmac.Equal([]byte(sum), []byte(f.sign(r.URL.Path, at, id))) {
		return "", ErrForm
	}
	made, err := strconv.ParseInt(at, 36, 64)
	if err != nil {
		return "", ErrForm
	}
	if f.Now().Sub(time.Unix(made, 0)) > TokenAge {
		return "", ErrOldForm
	}
	return id, nil
}

func (f Forms) sign(path, at, id string) string {
	m := hmac.New(sha256.New, f.Secret)
	m.Write([]byte(path + "\x00" + at + "\x00" + id)) // neither at nor id of a signed token has NUL
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
