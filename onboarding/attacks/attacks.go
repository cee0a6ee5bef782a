package attacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Own are ids of what the account may reach.
type Own struct {
	// Group is the tenant's group, Path its path, Child a group of its pool.
	Group, Path, Child string
	User               string
	// Organization is "" if the tenant has none.
	Organization string
}

// User is a user outside the tenant.
type User struct {
	// Who describes the user in reports.
	Who, ID string
}

// Group is a group outside the tenant.
type Group struct {
	Who, ID, Path string
}

// Foreign is what the account must not reach. Ids that are empty are not attacked.
type Foreign struct {
	Users  []User
	Groups []Group
	// Organization is another tenant's.
	Organization string
	// Client is the account's own client in Keycloak (its id), Account its own user.
	Client, Account string
}

// API is where a request is sent.
type API string

// The APIs. Their paths are below /realms/{realm}/scim/v2 and /admin/realms/{realm}.
const (
	SCIM  API = "scim"
	Admin API = "admin"
)

// Attack is a request that must be refused.
type Attack struct {
	Name         string
	API          API
	Method, Path string
	Body         string
}

// Send sends a request with the account's own access token and returns the status of the answer.
type Send func(a Attack) (status int, err error)

// Success is an attack that was not refused.
type Success struct {
	Attack
	Status int
}

// String describes the attack and its answer in one line.
func (s Success) String() string {
	return fmt.Sprintf("%s: %s %s by the %s API was answered %d", s.Name, s.Method, s.Path, s.API, s.Status)
}

// Run sends attacks, and returns those that were not refused. A status from 400 on is a refusal: an
// administrator sees whether it had an effect nevertheless. Run ends at the first request that
// proves nothing: without an answer, or with 401.
func Run(all []Attack, send Send) (succeeded []Success, err error) {
	for _, a := range all {
		status, err := send(a)
		if status == http.StatusUnauthorized {
			err = errors.New("Keycloak does not accept the access token")
		}
		if err != nil {
			return succeeded, fmt.Errorf("%s: %s %s: %w", a.Name, a.Method, a.Path, err)
		}
		if status < http.StatusBadRequest {
			succeeded = append(succeeded, Success{a, status})
		}
	}
	return succeeded, nil
}

// All returns every attack on what is foreign.
func All(own Own, foreign Foreign) (all []Attack) {
	for _, u := range foreign.Users {
		all = append(all, onUser(own, u)...)
	}
	for _, g := range foreign.Groups {
		all = append(all, onGroup(own, g)...)
	}
	all = append(all, onOrganization(foreign.Organization)...)
	all = append(all, onAccount(foreign)...)
	return append(all, onRealm(own)...)
}

// list collects attacks on one object.
type list struct {
	who string
	all []Attack
}

func (l *list) add(api API, method, path string, body any) {
	text := ""
	if body != nil {
		b, _ := json.Marshal(body) // maps and lists of texts
		text = string(b)
	}
	l.all = append(l.all, Attack{l.who, api, method, path, text})
}

type object = map[string]any

func op(kind, path string, value any) object {
	o := object{"op": kind, "path": path}
	if value != nil {
		o["value"] = value
	}
	return o
}

func patch(ops ...object) object {
	return object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": ops}
}

func member(id string) []object { return []object{{"value": id}} }

func segment(id string) string { return "/" + url.PathEscape(id) }
