package shim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// answered turns Keycloak's answer into that of 26.8.
func (x *exchange) answered(r *reply) error {
	writes := x.method == http.MethodPost || x.method == http.MethodPut || x.method == http.MethodPatch
	switch {
	case x.endpoint == "ServiceProviderConfig":
		return x.advertise(r)
	case x.method == http.MethodDelete:
		return nil
	case writes && !r.ok():
		return x.duplicate(r)
	case !r.ok():
		return nil
	}
	doc, err := object(r.body)
	if err != nil {
		return err
	}
	id := text(doc["id"])
	if writes {
		if err := x.storeLists(id); err != nil {
			return err
		}
		if x.rules[LastModified] && x.method == http.MethodPatch {
			x.mu.Lock()
			x.modified[id] = time.Now()
			x.mu.Unlock()
		}
		if x.rules[TruthfulWrites] && x.method != http.MethodPatch {
			now, err := x.asCaller(http.MethodGet, "/"+x.endpoint+"/"+id, "")
			if err != nil {
				return err
			}
			if doc, err = object(now.body); err != nil {
				return err
			}
		}
	}
	if err := x.showAll(doc); err != nil {
		return err
	}
	r.body, err = json.Marshal(doc)
	return err
}

// duplicate words the answer to a name or an address that is taken: 26.7.3 answers a PATCH with a
// conflict, and a POST with 500 if the address is taken.
func (x *exchange) duplicate(r *reply) error {
	if x.endpoint != "Users" || r.status != http.StatusConflict && r.status != http.StatusInternalServerError {
		return nil
	}
	for _, s := range x.settings() {
		if s.path != "emails" && s.path != "emails.value" {
			continue
		}
		for _, mail := range texts(s.value) {
			taken, err := x.taken("email", mail)
			if err != nil {
				return err
			}
			if taken && x.rules[DuplicateEmail] {
				*r = refusal(400, "invalidSyntax", "emailExistsMessage")
				return nil
			}
		}
	}
	if x.rules[DuplicateUsername] && x.method == http.MethodPatch && r.status == http.StatusConflict {
		*r = refusal(400, "invalidSyntax", "usernameExistsMessage")
	}
	return nil
}

// taken reports whether another user has the value.
func (x *exchange) taken(attribute, value string) (bool, error) {
	var found []user
	err := x.asAdmin("GET", "/users?exact=true&briefRepresentation=true&"+url.Values{attribute: {value}}.Encode(), nil, &found)
	return slices.ContainsFunc(found, func(u user) bool { return text(u["id"]) != x.id }), err
}

// advertise says bulk and sort in ServiceProviderConfig.
func (x *exchange) advertise(r *reply) error {
	doc, err := object(r.body)
	if err != nil || !r.ok() || !x.rules[Advertised] {
		return nil //nolint:nilerr // what is not JSON is handed on as it is
	}
	doc["bulk"] = map[string]any{"supported": true, "maxOperations": 100, "maxPayloadSize": 1 << 20}
	doc["sort"] = map[string]any{"supported": true}
	r.body, err = json.Marshal(doc)
	return err
}

// showAll changes the resources of an answer: the ones of a list, or the one that it is.
func (x *exchange) showAll(doc map[string]any) error {
	list, ok := doc["Resources"].([]any)
	if !ok {
		list = []any{doc}
	}
	for _, r := range list {
		if r, ok := r.(map[string]any); ok {
			if err := x.show(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *exchange) show(doc map[string]any) error {
	id := text(doc["id"])
	x.mu.Lock()
	at, moved := x.modified[id]
	x.mu.Unlock()
	if meta, ok := doc["meta"].(map[string]any); ok && moved {
		meta["lastModified"] = at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if x.endpoint == "Users" {
		if err := x.showLists(id, doc); err != nil {
			return err
		}
	}
	if x.rules[NoEmptyObjects] {
		for name, v := range doc {
			if inner, ok := v.(map[string]any); ok && len(inner) == 0 {
				delete(doc, name)
			}
		}
	}
	return nil
}

// showLists shows all that is stored of an attribute that is a list.
func (x *exchange) showLists(id string, doc map[string]any) error {
	if !x.rules[Lists] {
		return nil
	}
	for name, v := range doc {
		inner, ok := v.(map[string]any)
		if !ok || !strings.HasPrefix(name, "urn:") || len(inner) == 0 || strings.HasPrefix(name, "urn:ietf:params:scim:schemas:") {
			continue
		}
		if err := x.needProfile(); err != nil {
			return err
		}
		u, err := x.user(id)
		if err != nil {
			return err
		}
		for sub := range inner {
			for _, a := range x.profiled {
				if a.list() && a.path() == strings.ToLower(name+":"+sub) {
					inner[sub] = u.values(a.Name)
				}
			}
		}
	}
	return nil
}

func (x *exchange) needProfile() (err error) {
	if x.profiled == nil {
		x.profiled, err = x.profile()
	}
	return err
}
