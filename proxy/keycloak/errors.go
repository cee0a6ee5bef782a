package keycloak

import (
	"cmp"
	"errors"
	"net/http"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// refused returns the SCIM error for an answer with an error status. Keycloak's bodies are SCIM
// errors, {"error": …} of its REST framework, or empty. Only the details of 400 are passed on: they
// are about the request.
func (r *Realm) refused(ref scim.Ref, a reply) error {
	body, _ := scim.ParseResource(a.body)
	detail := document.Text(body.Raw("detail"))
	cause := errors.New("Keycloak answered " + fault.Said(a.status, a.body))
	switch a.status {
	case http.StatusBadRequest:
		if profile.Taken(detail) {
			return &scim.Error{Status: 409, Type: "uniqueness", Detail: conflict(ref.Type), Cause: cause}
		}
		if profile.FixedName(detail) {
			return &scim.Error{Status: 400, Type: "mutability", Detail: fixedName, Cause: cause}
		}
		return r.badRequest(document.Text(body.Raw("scimType")), detail, cause)
	case http.StatusUnauthorized:
		return &scim.Error{Status: 401, Detail: "Keycloak does not accept the token", Cause: cause}
	case http.StatusForbidden:
		return &scim.Error{Status: 403, Detail: "Keycloak does not allow this", Cause: cause}
	case http.StatusNotFound:
		return r.notFound(ref, body, cause)
	case http.StatusConflict:
		return &scim.Error{Status: 409, Type: "uniqueness", Detail: conflict(ref.Type), Cause: cause}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return scim.Unavailable("Keycloak", cause)
	}
	return scim.Upstream(cause)
}

// badRequest returns the error of refused values in Keycloak's words, with the SCIM attribute.
func (r *Realm) badRequest(scimType, detail string, cause error) error {
	path, unset := r.profile.Concerns(detail)
	switch {
	case unset != "":
		return r.Fault(fault.Profile, "it requires "+unset)
	case path.Name != "":
		detail, scimType = path.String()+": "+detail, "invalidValue"
	}
	return &scim.Error{Status: 400, Type: cmp.Or(scimType, "invalidValue"), Detail: cmp.Or(detail, "Keycloak does not accept the values"), Cause: cause}
}

// notFound tells a missing resource (a SCIM error) from a realm without SCIM API (404 without body;
// measured: also for wrong page numbers, which the proxy does not send). Keycloak looks up a
// resource before it checks permissions, so that a caller without any role gets the same answer
// (measured): only an answer to a service account proves that the resource does not exist.
func (r *Realm) notFound(ref scim.Ref, body scim.Resource, cause error) error {
	switch {
	case body.Raw("schemas") != "" && ref.ID != "":
		e := scim.NotFound(ref)
		e.Cause, e.Gone = cause, r.cred.IsServiceAccount()
		return e
	case r.cred.IsServiceAccount(): // a missing SCIM API is known before: see Account.broken
		return scim.Upstream(cause)
	}
	return fault.NoRealm(cause)
}

// fixedName is the error of a rename that Keycloak is expected to refuse from 26.8 on; 26.7.3
// renames nevertheless (measured).
const fixedName = `userName cannot be changed, because "Edit username" is off in the realm's login settings`

func conflict(t scim.ResourceType) string {
	if t == scim.Group {
		return "a group with this displayName exists"
	}
	return "a user with this userName or e-mail address exists"
}
