package keycloak

import (
	"context"
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/refusal"
	"keycloak-scim-proxy/proxy/scim"
)

// broken is the error of an answer that shows why the account does not work, or nil.
func (a *Account) broken(q request, r reply) error {
	api := strings.HasPrefix(q.path, (&Realm{realm: a.realm}).base()+"/")
	if cause := fault.OfAPI(r.status, api, r.body); cause != "" {
		return a.Fault(cause, q.method+" "+q.path+" was answered "+fault.Said(r.status, r.body))
	}
	return nil
}

// refused is the error of an answer with an error status.
func (r *Realm) refused(ref scim.Ref, a reply) error {
	return refusal.Reader{Profile: r.profile, Own: r.cred.IsServiceAccount(), Fault: r.Fault}.Error(ref, a.status, a.body)
}

// Fault is the error of a realm that does not work until a person acts.
func (r *Realm) Fault(cause fault.Cause, said string) error {
	if own, ok := r.cred.(*Account); ok {
		return own.Fault(cause, said)
	}
	return fault.New(cause, fault.Place{URL: r.client.base, Realm: r.realm}, said)
}

// Subject is the id of the account's own user, after the first call. Callers have none.
func (r *Realm) Subject() string {
	if own, ok := r.cred.(*Account); ok {
		return own.claims().Subject
	}
	return ""
}

// behind403 is the error behind a 403 to the proxy's own account if it lacks a role, or nil:
// Keycloak also answers 403 for resources with an administrator's role, and to fine-grained
// accounts. An account with any role sees the discovery; one that may see all users sees its own
// and must be able to create (nothing is created: see MayWrite).
func (r *Realm) behind403(ctx context.Context, method string) error {
	own, ok := r.cred.(*Account)
	if !ok {
		return nil
	}
	refuses := func(method, path, body string) bool {
		a, err := r.client.do(ctx, own, request{method: method, path: path, body: body, contentType: "application/scim+json"})
		return err == nil && a.status == http.StatusForbidden
	}
	switch {
	case refuses(http.MethodGet, r.base()+"/ServiceProviderConfig", ""):
	case method != http.MethodPost && refuses(http.MethodGet, r.adminPath(scim.Ref{ID: own.claims().Subject}), ""):
		return nil
	case !refuses(http.MethodPost, r.path(scim.Ref{Type: scim.User}), "{}"):
		return nil
	}
	return own.Fault(fault.Role, "")
}

// ShowsUsers reports the fault of a realm whose users Keycloak cannot show: if an attribute of the
// user profile has no annotations, 26.7.3 answers 500 to whatever shows a user, to /Schemas, and to
// a POST that it has carried out (measured). A realm without such an attribute costs no call.
func (r *Realm) ShowsUsers(ctx context.Context) error {
	bare := r.profile.Bare()
	if len(bare) == 0 {
		return nil
	}
	a, err := r.client.do(ctx, r.cred, request{method: http.MethodGet, path: r.base() + "/Schemas"})
	if err != nil || a.status != http.StatusInternalServerError {
		return err
	}
	return r.Fault(fault.Annotations, strings.Join(bare, ", ")+" has no annotations")
}
