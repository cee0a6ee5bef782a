package refusal

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// From Keycloak 26.8 on, a change that the user profile refuses is expected to be 400 whatever is
// wrong, and the detail is a message or the key of one.
var (
	taken     = regexp.MustCompile(`(?i)^(username|email)ExistsMessage$|already exists|exists with same`)
	fixedName = regexp.MustCompile(`(?i)^The field username is read ?only|^readOnlyUsernameMessage$`)
)

// Reader reads the answers to one credential in one realm.
type Reader struct {
	Profile *profile.Profile
	// Own says that the credential is the tenant's service account.
	Own bool
	// Fault is the error of a realm that does not work until a person acts.
	Fault func(cause fault.Cause, said string) error
}

// Error returns the SCIM error for an answer with an error status to a request for ref, which has
// no id if it was a create or a list.
func (r Reader) Error(ref scim.Ref, status int, answer []byte) error {
	body, _ := scim.ParseResource(answer)
	cause := said(status, answer)
	switch status {
	case http.StatusBadRequest:
		return r.badRequest(ref.Type, body, cause)
	case http.StatusUnauthorized:
		return &scim.Error{Status: 401, Detail: "Keycloak does not accept the token", Cause: cause}
	case http.StatusForbidden:
		return &scim.Error{Status: 403, Detail: "Keycloak does not allow this", Cause: cause}
	case http.StatusNotFound:
		return r.notFound(ref, body, cause)
	case http.StatusConflict:
		return &scim.Error{Status: 409, Type: "uniqueness", Detail: conflict(ref.Type), Cause: cause}
	}
	return Unclear(status, answer)
}

// Unclear returns the error of an answer that says nothing about the request: 503 if Keycloak asks
// to come back later, else 502.
func Unclear(status int, answer []byte) error {
	cause := said(status, answer)
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		return scim.Unavailable("Keycloak", cause)
	}
	return scim.Upstream(cause)
}

func said(status int, answer []byte) error {
	return errors.New("Keycloak answered " + fault.Said(status, answer))
}

// badRequest returns the error of refused values: Keycloak's words, with the SCIM attribute. The
// log has the attribute alone, because the words may repeat the value.
func (r Reader) badRequest(t scim.ResourceType, body scim.Resource, cause error) error {
	scimType, detail := document.Text(body.Raw("scimType")), document.Text(body.Raw("detail"))
	path, unset := r.Profile.Concerns(detail)
	switch {
	case taken.MatchString(detail):
		return &scim.Error{Status: 409, Type: "uniqueness", Detail: conflict(t), Cause: cause}
	case fixedName.MatchString(detail):
		return &scim.Error{Status: 400, Type: "mutability", Detail: renameRefused, Cause: cause}
	case unset != "":
		return r.Fault(fault.Profile, "it requires "+unset)
	case path.Name != "":
		detail, scimType, cause = path.String()+": "+detail, "invalidValue", fmt.Errorf("%w, about %s", cause, path)
	}
	return &scim.Error{
		Status: 400, Type: cmp.Or(scimType, "invalidValue"), Detail: cmp.Or(detail, "Keycloak does not accept the values"), Private: detail != "", Cause: cause,
	}
}

// notFound tells a missing resource (a SCIM error) from a realm without SCIM API (404 without body;
// measured: also for wrong page numbers, which the proxy does not send). Keycloak looks up a
// resource before it checks permissions, so that a caller without any role gets the same answer
// (measured): only an answer to a service account proves that the resource does not exist.
func (r Reader) notFound(ref scim.Ref, body scim.Resource, cause error) error {
	switch {
	case body.Raw("schemas") != "" && ref.ID != "":
		e := scim.NotFound(ref)
		e.Cause, e.Gone = cause, r.Own
		return e
	case r.Own: // a missing SCIM API is known before: see Account in package keycloak
		return scim.Upstream(cause)
	}
	return fault.NoRealm(cause)
}

// renameRefused is the error of a rename that Keycloak is expected to refuse from 26.8 on; 26.7.3
// renames nevertheless (measured).
const renameRefused = `userName cannot be changed, because "Edit username" is off in the realm's login settings`

func conflict(t scim.ResourceType) string {
	if t == scim.Group {
		return "a group with this displayName exists"
	}
	return "a user with this userName or e-mail address exists"
}
