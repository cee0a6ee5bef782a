package shim

import (
	"net/http"
	"slices"
	"strings"
)

// checkUser looks at a write of a user.
func (x *exchange) checkUser() error {
	var err error
	if x.profiled, err = x.profile(); err != nil {
		return err
	}
	known := []string{"schemas", "id", "meta", "active", "emails.value"}
	for _, a := range x.profiled {
		known = append(known, a.path())
	}
	if err := x.checkUnknown(known); err != nil {
		return err
	}
	if x.id != "" && (x.method == http.MethodPatch || x.method == http.MethodPut) {
		if err := x.checkChange(); err != nil {
			return err
		}
	}
	if x.rules[Lists] {
		x.takeLists()
	}
	return nil
}

// checkChange judges the user that a change would leave.
func (x *exchange) checkChange() error {
	validates := x.rules[ValidatePatch] && x.method == http.MethodPatch || x.rules[ValidatePut] && x.method == http.MethodPut
	if !validates && !x.rules[EditUsername] {
		return nil
	}
	if err := x.permitted(); err != nil {
		return err
	}
	u, err := x.user(x.id)
	if err != nil {
		return err
	}
	old := strings.Join(u.values("username"), "")
	if x.method == http.MethodPut {
		u = user{}
	}
	for _, s := range x.settings() {
		x.apply(u, s)
	}
	if name := strings.Join(u.values("username"), ""); x.rules[EditUsername] && !strings.EqualFold(name, old) {
		var realm struct {
			EditUsernameAllowed bool `json:"editUsernameAllowed"`
		}
		if err := x.asAdmin("GET", "", nil, &realm); err != nil {
			return err
		}
		if !realm.EditUsernameAllowed {
			return refusal(400, "invalidSyntax", "The field username is read only.")
		}
	}
	if said := wrong(x.profiled, u); validates && said != "" {
		return refusal(400, "invalidSyntax", said)
	}
	return nil
}

// apply does to a user what a request says of one attribute.
func (x *exchange) apply(u user, s setting) {
	if s.path == "emails.value" {
		s.path = "emails"
	}
	for _, a := range x.profiled {
		if a.path() != s.path {
			continue
		}
		values := texts(s.value)
		switch {
		case a.list() && s.add:
			for _, v := range u.values(a.Name) {
				if !slices.Contains(values, v) {
					values = append(values, v)
				}
			}
		case !a.list() && len(values) > 1:
			values = values[:1]
		}
		u.set(a.Name, values)
	}
}

// takeLists notes the lists of the request, which are written by Admin REST once Keycloak has taken
// the rest: 26.7.3 stores the first element, and of a POST nothing.
func (x *exchange) takeLists() {
	x.lists = map[string][]string{}
	for _, s := range x.settings() {
		for _, a := range x.profiled {
			if values, ok := s.value.([]any); ok && a.path() == s.path && a.list() {
				x.lists[a.Name] = texts(values)
				x.first(s.path)
			}
		}
	}
}

// first puts the first element in the place of a list.
func (x *exchange) first(path string) {
	x.changed = true
	for _, o := range x.operations() {
		if list, ok := o["value"].([]any); ok && strings.EqualFold(o.path(), path) && len(list) > 0 {
			o["value"] = list[0]
		}
	}
	for name, v := range x.body {
		inner, ok := v.(map[string]any)
		if !ok {
			continue
		}
		for sub, v := range inner {
			if list, ok := v.([]any); ok && strings.EqualFold(name+":"+sub, path) && len(list) > 0 {
				inner[sub] = list[0]
			}
		}
	}
}

// storeLists writes the lists of the request.
func (x *exchange) storeLists(id string) error {
	if len(x.lists) == 0 {
		return nil
	}
	u, err := x.user(id)
	if err != nil {
		return err
	}
	for name, values := range x.lists {
		u.set(name, values)
	}
	return x.asAdmin("PUT", "/users/"+id, u, nil)
}
