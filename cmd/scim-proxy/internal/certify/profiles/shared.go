package profiles

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/bulks"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func oauth(ctx context.Context, s *probe.Session) error {
	for _, path := range []string{"/Users?count=1", "/Groups?count=1"} {
		a, err := s.Anonymous(ctx, http.MethodGet, path)
		if err != nil {
			return err
		}
		if err := a.Has(http.StatusUnauthorized); err != nil {
			return err
		}
	}
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	for _, scheme := range probe.List(a.Body, "authenticationSchemes") {
		if scheme["type"] == "oauthbearertoken" || scheme["type"] == "oauth2" {
			return nil
		}
	}
	return a.Fail("a scheme oauth2 or oauthbearertoken", probe.Text(a.At("authenticationSchemes")))
}

func scope(_ context.Context, s *probe.Session) error {
	parts := strings.Split(s.Token, ".")
	if len(parts) != 3 {
		return probe.Unknowable("the token of this run is opaque")
	}
	var claims struct {
		Scope string `json:"scope"`
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(b, &claims) != nil {
		return probe.Unknowable("the token of this run is opaque")
	}
	if claims.Scope != "scim" {
		return &probe.Failure{Expected: "the scope scim and no other", Shown: "the scope " + probe.Text(claims.Scope)}
	}
	return nil
}

func metadata(ctx context.Context, s *probe.Session) error {
	found, err := s.AuthorizationServer(ctx)
	if err != nil {
		return err
	}
	if found == nil {
		return probe.Unknowable("neither RFC 9728 nor RFC 8414 metadata is at the well-known URLs of the server, and the authorization server may be another one")
	}
	if text, _ := found["token_endpoint"].(string); text == "" {
		return &probe.Failure{Expected: "metadata with token_endpoint", Shown: probe.Text(found)}
	}
	return nil
}

const (
	perSecond   = 25
	connections = 5
)

// rate sends 25 requests over a few connections. If that takes longer than a second although all
// are served, it does not blame the server, because the network or this machine may be the reason.
func rate(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	refused := make(chan error, perSecond)
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for range perSecond / connections {
				if err := s.Served(ctx, p.All[0].Path); err != nil {
					refused <- err
				}
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	select {
	case err := <-refused:
		return err
	default:
	}
	if took > time.Second {
		return probe.Unknowable(fmt.Sprintf("%d requests took %.1f s from here; run it near the server", perSecond, took.Seconds()))
	}
	return nil
}

func bulkSupported(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	if err := a.Shows("bulk/supported", true); err != nil {
		return err
	}
	return bulks.Create(ctx, s)
}

func multiPatch(ctx context.Context, s *probe.Session) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	return s.Becomes(ctx, path, []probe.Object{probe.Op("replace", "name.givenName", "Augusta"), probe.Op("replace", "name.familyName", "King"), probe.Op("replace", "active", false)},
		"name/givenName", "Augusta", "name/familyName", "King", "active", false)
}

// internals matches texts of programs that an error must not show.
var internals = regexp.MustCompile(`(?i)exception|stack ?trace|\bat [a-z]+\.[a-z]+\.[A-Za-z]+\(|goroutine \d|panic:|SQLSTATE|select .* from `)

func errorsShort(ctx context.Context, s *probe.Session) error {
	for _, r := range []struct{ method, path, body string }{
		{http.MethodPost, "/Users", `{"schemas":`}, {http.MethodGet, "/Users/" + s.Prefix, ""}, {http.MethodPost, "/Users", `[]`}, {http.MethodPost, "/Users", `null`},
	} {
		var body any
		if r.body != "" {
			body = r.body
		}
		a, err := s.Do(ctx, r.method, r.path, body)
		if err != nil {
			return err
		}
		if why := a.IsError(); a.Status < http.StatusBadRequest || why != "" {
			return a.Fail("a SCIM error", fmt.Sprintf("status %d %s", a.Status, a.Text))
		}
		if found := internals.FindString(a.Text); found != "" {
			return a.Fail("an error without internals", found)
		}
	}
	return nil
}

func cursorSupported(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	return a.Shows("pagination/cursor", true)
}

// credentials are names of attributes that hold credentials.
var credentials = []string{"password", "passwordhash", "privatekey", "secret", "totp", "otpsecret", "pin", "credential", "credentials"}

func noPassword(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/Schemas")
	if err != nil {
		return err
	}
	for _, schema := range s.Schemas(ctx) {
		for _, attribute := range probe.List(schema, "attributes") {
			for _, one := range append(probe.List(attribute, "subAttributes"), attribute) {
				if name, _ := one["name"].(string); slices.Contains(credentials, strings.ToLower(name)) {
					return a.Fail("no attribute for credentials", probe.Text(one))
				}
			}
		}
	}
	return nil
}
