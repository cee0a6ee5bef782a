package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keycloak-scim-proxy/console/page"
)

// user is who the tokens of a sign-in are for.
type user struct {
	name, subject string
	idToken       string
	refresh       string
	role          bool // has the role that is needed
}

// claims are those of both tokens that are used.
type claims struct {
	Name  string `json:"preferred_username"`
	Party string `json:"azp"`
	Type  string `json:"typ"`
	Realm struct {
		Roles []string `json:"roles"`
	} `json:"realm_access"`
}

// algorithms are those that Keycloak can sign with. A token that is signed with the client's
// secret (HS256) is not accepted.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// read verifies the tokens of an answer of the token endpoint. nonce is that of the sign-in; "" for
// a refresh, whose ID token has none that is known.
//
// Keycloak puts realm roles into the access token only, unless the client scope roles is changed
// (measured with 26.7.3). So both tokens are verified, and the role may be in either.
func (o *OIDC) read(ctx context.Context, doc document, t *oauth2.Token, nonce string) (user, error) {
	raw, _ := t.Extra("id_token").(string)
	verify := func(text string, anyAudience bool) (*oidc.IDToken, claims, error) {
		c := oidc.Config{ClientID: o.ClientID, SkipClientIDCheck: anyAudience, SupportedSigningAlgs: algorithms(), Now: o.Now}
		token, err := oidc.NewVerifier(doc.Issuer, o.provider.keys, &c).Verify(ctx, text)
		var said claims
		if err == nil {
			err = token.Claims(&said)
		}
		return token, said, err
	}
	id, said, err := verify(raw, false)
	switch {
	case err != nil:
		return user{}, fmt.Errorf("the ID token: %w", err)
	case said.Party != "" && said.Party != o.ClientID, said.Type != "" && said.Type != "ID":
		return user{}, errors.New("the ID token is for another client, or is not one")
	case nonce != "" && subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return user{}, errors.New("the ID token is not of this sign-in")
	case id.Subject == "":
		return user{}, errors.New("the ID token has no subject")
	}
	u := user{name: page.Text(said.Name, 255), subject: id.Subject, idToken: raw, refresh: t.RefreshToken, role: slices.Contains(said.Realm.Roles, o.Role)}
	if u.name == "" {
		u.name = u.subject
	}
	if u.role {
		return u, nil
	}
	access, may, err := verify(t.AccessToken, true)
	switch {
	case err != nil:
		return user{}, fmt.Errorf("the access token: %w", err)
	case access.Subject != id.Subject || may.Party != o.ClientID || may.Type != "Bearer":
		return user{}, errors.New("the access token is not for the same user and client")
	}
	u.role = slices.Contains(may.Realm.Roles, o.Role)
	return u, nil
}
