package keycloak

import (
	"cmp"
	"errors"
	"net/http"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// refused turns an answer that is no success into its SCIM error. Keycloak's own bodies are of
// three kinds: SCIM errors, {"error": …} of its REST framework, and nothing. Only details of 400
// and 409 are passed on; they speak of the request.
func (r *Realm) refused(ref scim.Ref, a reply) error {
	body, _ := scim.ParseResource(a.body)
	detail := document.Text(body.Raw("detail"))
	cause := errors.New("Keycloak answered " + fault.Said(a.status, a.body))
	switch a.status {
	case http.StatusBadRequest:
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

// badRequest passes on what Keycloak says of the values, and names the SCIM attribute that it means.
func (r *Realm) badRequest(scimType, detail string, cause error) error {
	path, unset := r.profile.Concerns(detail)
	switch {
	case unset != "":
		return r.fault(fault.Profile, "it requires "+unset)
	case path.Name != "":
		detail, scimType = path.String()+": "+detail, "invalidValue"
	}
	return &scim.Error{Status: 400, Type: cmp.Or(scimType, "invalidValue"), Detail: cmp.Or(detail, "Keycloak does not accept the values"), Cause: cause}
}

// notFound tells a missing resource (a SCIM error) from a realm without SCIM (a bare 404, measured:
// also for bad page numbers, which never leave the proxy). Keycloak looks a resource up before it
// asks for permissions, so a caller without any role gets the same answer (measured): only the
// answer to the proxy's own account counts as proof.
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

func conflict(t scim.ResourceType) string {
	if t == scim.Group {
		return "a group with this displayName exists"
	}
	return "a user with this userName or e-mail address exists"
}
