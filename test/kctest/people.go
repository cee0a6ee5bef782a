package kctest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
)

// WebClient makes a confidential client with which people sign in through Keycloak's own pages, by
// the authorization code flow with PKCE. After signing out they may return to the same URIs.
func (r *Realm) WebClient(clientID string, redirectURIs ...string) (secret string) {
	r.t.Helper()
	secret = rand.Text()
	body, err := json.Marshal(map[string]any{
		"clientId": clientID, "secret": secret, "publicClient": false, "standardFlowEnabled": true, "redirectUris": redirectURIs,
		"attributes": map[string]string{"pkce.code.challenge.method": "S256", "post.logout.redirect.uris": "+"},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.must(r.Admin("POST", "/clients", string(body)))
	return secret
}

// Person makes a user who can sign in, with realm roles that are made if they are missing, and
// returns the user's id.
func (r *Realm) Person(name, password string, roles ...string) (id string) {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{
		"username": name, "enabled": true, "email": name + "@example.com", "emailVerified": true, "firstName": "F", "lastName": "L",
		"credentials": []any{map[string]any{"type": "password", "value": password}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	id = r.Made(r.Admin("POST", "/users", string(body)))
	for _, role := range roles {
		if a := r.Admin("POST", "/roles", fmt.Sprintf(`{"name":%q}`, role)); a.Status != 201 && a.Status != 409 {
			r.must(a)
		}
		of := r.must(r.Admin("GET", "/roles/"+role, "")).Body
		r.must(r.Admin("POST", "/users/"+id+"/role-mappings/realm", "["+string(of)+"]"))
	}
	return id
}

// DropRole takes a realm role from a user.
func (r *Realm) DropRole(user, role string) {
	r.t.Helper()
	of := r.must(r.Admin("GET", "/roles/"+role, "")).Body
	r.must(r.Admin("DELETE", "/users/"+user+"/role-mappings/realm", "["+string(of)+"]"))
}
