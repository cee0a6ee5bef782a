package shapes

import (
	"maps"
	"slices"
	"strings"
)

// Schemas of RFC 7643 and RFC 7644, and those of SCIM 1 that OneLogin sends.
const (
	core          = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterprise    = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchOp       = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	oldCore       = "urn:scim:schemas:core:1.0"
	oldEnterprise = "urn:scim:schemas:extension:enterprise:1.0"
)

// Object is a JSON object.
type Object = map[string]any

// Request is a method and a body for a user.
type Request struct {
	Method string
	Body   Object
}

// Change is one attribute of a user with its new value.
type Change struct {
	// Path is a path of PATCH (RFC 7644 section 3.5.2), such as name.familyName.
	Path  string
	Value any
}

// User builds the requests of one identity provider for a user. A user is a JSON object in the
// standard form, without schemas; shapes change no argument.
type User struct {
	// Agent is the User-Agent of the provider, "" if it is not known.
	Agent string
	// Create returns the body of POST.
	Create func(u Object) Object
	// Update changes attributes. wanted is the user with the changes, shown what GET showed before.
	Update func(changes []Change, wanted, shown Object) Request
	// Active switches active on or off.
	Active func(on bool, wanted, shown Object) Request
}

// For returns the shapes of a provider; those of RFC 7644 for one without its own.
func For(idp string) User {
	u := User{Create: standard, Update: patch("replace", "replace"), Active: patchActive}
	switch idp {
	case "entra":
		u = User{Agent: "Entra-simulation", Create: entraCreate, Update: patch("Replace", "Add"), Active: entraActive}
	case "okta":
		u = User{Agent: "Okta SCIM Client 1.0.0", Create: oktaCreate, Update: put, Active: pathlessActive}
	case "onelogin":
		u = User{Create: oneLogin, Update: oneLoginUpdate, Active: oneLoginActive}
	case "jumpcloud", "pingfederate", "pingone":
		u.Update, u.Active = put, putActive
	case "rippling":
		u.Create, u.Update = withoutActive, put
	case "google":
		u.Create = withoutEmails
	}
	return u
}

// standard adds the schemas.
func standard(u Object) Object {
	out, schemas := maps.Clone(u), []string{core}
	for name := range u {
		if strings.Contains(name, ":") {
			schemas = append(schemas, name)
		}
	}
	slices.Sort(schemas[1:])
	out["schemas"] = schemas
	return out
}

func entraCreate(u Object) Object {
	out := standard(u)
	out["meta"] = Object{"resourceType": "User"}
	if out["roles"] == nil {
		out["roles"] = []Object{}
	}
	if name, ok := u["name"].(Object); ok && name["formatted"] == nil {
		name = maps.Clone(name)
		name["formatted"] = display(u)
		out["name"] = name
	}
	return out
}

func oktaCreate(u Object) Object {
	out := standard(u)
	out["groups"], out["password"] = []Object{}, "1mz050nq"
	for name, value := range map[string]any{"displayName": display(u), "locale": "en-US"} {
		if out[name] == nil {
			out[name] = value
		}
	}
	return out
}

// display is the name that providers show, made from its parts.
func display(u Object) string {
	name, _ := u["name"].(Object)
	given, _ := name["givenName"].(string)
	family, _ := name["familyName"].(string)
	return strings.TrimSpace(given + " " + family)
}

// oneLogin sends the schemas of SCIM 1, and the first e-mail address without a list.
func oneLogin(u Object) Object {
	out := maps.Clone(u)
	out["schemas"] = []string{oldCore, oldEnterprise}
	if all, ok := u["emails"].([]Object); ok && len(all) == 1 {
		out["emails"] = all[0]
	}
	if extension, there := u[enterprise]; there {
		delete(out, enterprise)
		out[oldEnterprise] = extension
	}
	return out
}

func withoutActive(u Object) Object {
	out := standard(u)
	delete(out, "active")
	return out
}

// withoutEmails is the form of Google: the userName is the address.
func withoutEmails(u Object) Object {
	out := standard(u)
	delete(out, "emails")
	return out
}
