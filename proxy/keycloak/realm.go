package keycloak

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/paging"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/scim"
)

var (
	emails   = scim.AttrPath{Name: "emails"}
	userName = scim.AttrPath{Name: "userName"}
	active   = scim.AttrPath{Name: "active"}
)

// Realm is a Directory over the native SCIM API of one realm.
type Realm struct {
	client  *Client
	realm   string
	cred    Credential
	profile *profile.Profile
	// Members reads the ids of all members of a group.
	Members func(ctx context.Context, group scim.Ref) ([]string, error)
}

// NewRealm returns the Directory of a realm for a credential. It sends no request.
func NewRealm(c *Client, realm string, cred Credential, p *profile.Profile) *Realm {
	r := &Realm{client: c, realm: realm, cred: cred, profile: p}
	r.Members = r.members
	return r
}

var _ directory.Directory = (*Realm)(nil)

// Capabilities returns what Keycloak does as the RFCs say.
func (r *Realm) Capabilities() directory.Capabilities { return r.profile.Capabilities() }

// Create creates the resource and reads it back, as long as Keycloak's answer to a POST may only
// repeat the request: see profile.Answers.
func (r *Realm) Create(ctx context.Context, t scim.ResourceType, sent scim.Resource) (scim.Resource, error) {
	body, err := r.profile.Create(t, sent)
	if err != nil {
		return scim.Resource{}, err
	}
	if err := r.ShowsUsers(ctx); t == scim.User && err != nil {
		return scim.Resource{}, err
	}
	a, err := r.call(ctx, http.MethodPost, r.path(scim.Ref{Type: t}), nil, body.String())
	if err != nil {
		return scim.Resource{}, err
	}
	if !a.ok() {
		return scim.Resource{}, r.refusedCreate(ctx, t, sent, a)
	}
	shown, err := paging.Standard(scim.ParseResource(a.body))
	if err != nil {
		return scim.Resource{}, err
	}
	if shown, err = r.completed(ctx, t, sent, body, shown); err != nil { // whatever it is, the resource is there: it must not look like a refusal
		directory.OutcomeOf(ctx).Doubt()
		if _, broken := fault.In(err); !broken {
			err = scim.Unavailable("the new resource", err)
		}
		return scim.Resource{}, err
	}
	return shown, nil
}

// completed returns a new resource as Keycloak shows it. If Keycloak shows a list, it takes the
// elements that the create did not send.
func (r *Realm) completed(ctx context.Context, t scim.ResourceType, wanted, body, answer scim.Resource) (scim.Resource, error) {
	ref, shown := scim.Ref{Type: t, ID: answer.ID()}, answer
	if answers := r.profile.Answers(t); !answers.Stored() {
		var err error
		if shown, err = r.read(ctx, ref, directory.Fields{}); err != nil {
			return shown, err
		}
		answers.Saw(body, answer, shown)
	}
	if ops := r.profile.Longer(t, shown, wanted); len(ops) > 0 {
		var err error
		if shown, err = r.change(ctx, ref, shown, ops); err != nil {
			return shown, err
		}
	}
	return r.profile.Lists(t, shown), nil
}

// refusedCreate names the fault behind the 500 that Keycloak answers to an e-mail address that is
// taken.
func (r *Realm) refusedCreate(ctx context.Context, t scim.ResourceType, sent scim.Resource, a reply) error {
	err := r.refused(scim.Ref{Type: t}, a)
	mail := profile.Address(sent.Get(emails))
	if a.status != http.StatusInternalServerError || mail == "" {
		return err
	}
	taken, listErr := r.List(ctx, directory.Query{Type: t, Filter: scim.Equal(emails.With("value"), mail), Start: 1})
	if listErr == nil && taken.Total > 0 {
		return scim.Uniqueness("a user with this e-mail address exists")
	}
	return err
}

// Get reads one resource.
func (r *Realm) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	shown, err := r.read(ctx, ref, n)
	return r.profile.Lists(ref.Type, shown), err
}

// read reads one resource as Keycloak shows it.
func (r *Realm) read(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	if !representation.ValidID(ref.ID) {
		return scim.Resource{}, scim.NotFound(ref)
	}
	a, err := r.call(ctx, http.MethodGet, r.path(ref), paging.Named(r.profile.Names(ref.Type, n)), "")
	if err != nil {
		return scim.Resource{}, err
	}
	if !a.ok() {
		return scim.Resource{}, r.refused(ref, a)
	}
	return paging.Standard(scim.ParseResource(a.body))
}

// Update sends a GET and one PATCH with the changes of edit. Keycloak reads its answer to a PATCH
// from its database. If the user is inactive afterwards, Update ends the user's sessions, also if
// nothing has changed, so that a retry ends the sessions that a failed attempt left.
func (r *Realm) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	current, err := r.read(ctx, ref, directory.Fields{})
	if err != nil {
		return current, err
	}
	wanted, err := edit(r.profile.Lists(ref.Type, current))
	if err != nil {
		return scim.Resource{}, err
	}
	ops, err := r.profile.Patch(ref.Type, current, wanted)
	if err != nil {
		return scim.Resource{}, err
	}
	leaves := ref.Type == scim.User && wanted.Get(active) == "false"
	shown, err := r.change(ctx, ref, current, ops)
	if err != nil && leaves && current.Get(active) != "false" && !directory.OutcomeOf(ctx).InDoubt() {
		shown, err = r.deactivate(ctx, ref, ops, err)
	}
	if err == nil && leaves {
		if err = r.SignOut(ctx, ref); err != nil && len(ops) > 0 {
			err = scim.Left(err, nil) // the user is disabled
		}
	}
	return r.profile.Lists(ref.Type, shown), err
}

// maxOperations is how many operations a PATCH may have from Keycloak 26.8 on.
const maxOperations = 100

// change sends operations in as few PATCHes as possible, and none for none. If a later one is
// refused, what the earlier ones did is undone.
func (r *Realm) change(ctx context.Context, ref scim.Ref, current scim.Resource, ops []profile.Op) (scim.Resource, error) {
	shown := current
	for some := range slices.Chunk(ops, maxOperations) {
		next, err := r.patch(ctx, ref, some)
		if err != nil {
			return scim.Resource{}, r.undo(ctx, ref, current, shown, err)
		}
		if shown = next; shown.Raw("groups") == "" { // a PATCH does not answer them (measured), and does not change them
			shown = shown.With("groups", current.Raw("groups"))
		}
	}
	return shown, nil
}

// undo puts back what the first PATCHes of a change did.
func (r *Realm) undo(ctx context.Context, ref scim.Ref, before, after scim.Resource, cause error) error {
	back, whole := directory.Undo(after, before, after)
	ops, err := r.profile.Patch(ref.Type, after, back)
	for some := range slices.Chunk(ops, maxOperations) {
		if err == nil {
			_, err = r.patch(context.WithoutCancel(ctx), ref, some)
		}
	}
	if err == nil && whole {
		return cause
	}
	return scim.Left(cause, err)
}

func (r *Realm) patch(ctx context.Context, ref scim.Ref, ops []profile.Op) (scim.Resource, error) {
	a, err := r.sendPatch(ctx, ref, ops)
	if err != nil {
		return scim.Resource{}, err
	}
	if !a.ok() {
		return scim.Resource{}, r.refused(ref, a)
	}
	return paging.Standard(scim.ParseResource(a.body))
}

func (r *Realm) sendPatch(ctx context.Context, ref scim.Ref, ops []profile.Op) (reply, error) {
	body, err := json.Marshal(map[string]any{"schemas": []string{scim.PatchURN}, "Operations": ops})
	if err != nil {
		return reply{}, err
	}
	return r.call(ctx, http.MethodPatch, r.path(ref), nil, string(body))
}

// Delete removes the resource.
func (r *Realm) Delete(ctx context.Context, ref scim.Ref) error {
	if !representation.ValidID(ref.ID) {
		return scim.NotFound(ref)
	}
	a, err := r.call(ctx, http.MethodDelete, r.path(ref), nil, "")
	if err == nil && !a.ok() {
		err = r.refused(ref, a)
	}
	return err
}

// MayWrite asks Keycloak whether the credential may change a resource, or create one if the ref has
// no id, and changes nothing: natively an empty list of operations is answered 200 or 403, and a
// create of {} 400 or 403 (measured; with an id in it 400 to every caller). An empty PATCH leaves
// an admin event. It proves nothing of a user who breaks the user profile: see manages.
func (r *Realm) MayWrite(ctx context.Context, ref scim.Ref) error {
	if ref.ID != "" {
		if !representation.ValidID(ref.ID) {
			return scim.NotFound(ref)
		}
		a, err := r.sendPatch(ctx, ref, []profile.Op{})
		switch {
		case err != nil || a.ok():
			return err
		case a.status == http.StatusBadRequest && ref.Type == scim.User:
			return r.manages(ctx, ref)
		}
		return r.refused(ref, a)
	}
	a, err := r.call(ctx, http.MethodPost, r.path(ref), nil, "{}")
	switch {
	case err != nil:
		return err
	case a.status == http.StatusBadRequest:
		return nil
	case a.ok():
		return scim.Upstream(errors.New("Keycloak created a resource without a name"))
	}
	return r.refused(ref, a)
}

// Permitted returns an error if the credential may not use the realm's SCIM API at all. It reads
// the API's ServiceProviderConfig.
func (r *Realm) Permitted(ctx context.Context) error {
	a, err := r.call(ctx, http.MethodGet, r.base()+"/ServiceProviderConfig", nil, "")
	if err == nil && !a.ok() {
		err = r.refused(scim.Ref{}, a)
	}
	return err
}

func (r *Realm) call(ctx context.Context, method, path string, v url.Values, body string) (reply, error) {
	kind := "application/scim+json"
	if strings.HasPrefix(path, "/admin/") {
		kind = "application/json"
	}
	a, err := r.client.do(ctx, r.cred, request{method, path, v, body, kind})
	if mayTakeEffect(method, a, err) {
		directory.OutcomeOf(ctx).Doubt()
	}
	switch {
	case err != nil:
	case a.status == http.StatusForbidden:
		err = r.behind403(ctx, method)
	case a.status == http.StatusInternalServerError:
		err = r.ShowsUsers(ctx)
	}
	return a, err
}

func (r *Realm) base() string { return "/realms/" + url.PathEscape(r.realm) + "/scim/v2" }

func (r *Realm) path(ref scim.Ref) string {
	p := r.base() + "/" + ref.Type.Endpoint()
	if ref.ID != "" {
		p += "/" + url.PathEscape(ref.ID)
	}
	return p
}
