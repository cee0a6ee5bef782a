package attacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// Own are ids of what the account may reach.
type Own struct {
	// Group is the tenant's group, Path its path, Child a group of its pool.
	Group, Path, Child string
	User               string
	// Organization is "" if the tenant has none.
	Organization string
	// Prefix begins the names of the objects that an attack creates if it succeeds.
	Prefix string
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
	// OtherClient is the id of a client that is not the account's.
	OtherClient string
	// Permissions is the id of the client that has the permissions of the realm.
	Permissions string
	// Role is a role of the realm that is not an administrator's.
	Role Role
	// Client is the account's own client in Keycloak (its id), Account its own user.
	Client, Account string
}

// Role of a realm.
type Role struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Harm is what an attack changes if it succeeds.
type Harm int

const (
	// Nothing is the harm of reads, and of probes: requests with a body that Keycloak refuses after
	// it has checked the permission.
	Nothing Harm = iota
	// ForeignHarm changes what Foreign names and what Own names as the tenant's user, or creates an
	// object with the prefix.
	ForeignHarm
	// RealHarm changes the realm, the account, or the tenant's own group. Such an attack is only for
	// realms that are made for it.
	RealHarm
)

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
	Harm         Harm
	// Probe attacks are answered 403 if the account may not do what they ask for, and otherwise
	// with another error, or with a success that changes nothing.
	Probe bool
	// refusals are statuses other than 403 and 404 with which Keycloak 26.7.3 refuses the attack.
	refusals []int
}

// Refused reports whether a status says that the account may not do what the attack asks for.
func (a Attack) Refused(status int) bool {
	return status == http.StatusForbidden || status == http.StatusNotFound && !a.Probe || slices.Contains(a.refusals, status)
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

// Run sends attacks, and returns those that were not refused. It ends at the first request that
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
		if !a.Refused(status) {
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
	all = append(all, onOrganization(own, foreign.Organization)...)
	all = append(all, onClient(foreign.OtherClient)...)
	all = append(all, probes(own, foreign)...)
	all = append(all, onRealm(own, foreign)...)
	return append(all, onAccount(foreign)...)
}

// UpTo returns the attacks whose success does no more harm than that.
func UpTo(harm Harm, all []Attack) []Attack {
	return slices.DeleteFunc(slices.Clone(all), func(a Attack) bool { return a.Harm > harm })
}

// list collects attacks on one object.
type list struct {
	who string
	// harm of its writes.
	harm Harm
	all  []Attack
}

func (l *list) add(api API, method, path string, body any) {
	a := Attack{Name: l.who, API: api, Method: method, Path: path, Body: text(body), Harm: l.harm}
	if method == http.MethodGet {
		a.Harm = Nothing
	}
	l.all = append(l.all, a)
}

// refusal adds statuses that refuse the last attack too.
func (l *list) refusal(statuses ...int) { l.all[len(l.all)-1].refusals = statuses }

// probe adds an attack whose body Keycloak refuses after it has checked the permission.
func (l *list) probe(api API, method, path string, body any) {
	l.all = append(l.all, Attack{Name: l.who, API: api, Method: method, Path: path, Body: text(body), Probe: true})
}

func text(body any) string {
	if body == nil {
		return ""
	}
	b, _ := json.Marshal(body) // maps and lists of texts
	return string(b)
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
	return object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": append([]object{}, ops...)}
}

func member(id string) []object { return []object{{"value": id}} }

func segment(id string) string { return "/" + url.PathEscape(id) }
