package keycloak

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
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
}

// NewRealm makes the Directory of a realm for a credential. It allocates and does nothing else.
func NewRealm(c *Client, realm string, cred Credential, p *profile.Profile) *Realm {
	return &Realm{c, realm, cred, p}
}

var _ directory.Directory = (*Realm)(nil)

// Capabilities says what Keycloak does rightly.
func (r *Realm) Capabilities() directory.Capabilities {
	a := r.profile.Capabilities()
	a.MaxPage, a.FilterLimits = pageLimit, filterLimits
	return a
}

// Create posts the resource and reads it back: Keycloak's answer to a POST echoes the request and
// is no evidence.
func (r *Realm) Create(ctx context.Context, t scim.ResourceType, asked scim.Resource) (scim.Resource, error) {
	body, err := r.profile.Create(t, asked)
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
		return scim.Resource{}, r.refusedCreate(ctx, t, asked, a)
	}
	made, err := standard(a.body)
	if err != nil {
		return scim.Resource{}, err
	}
	shown, err := r.Get(ctx, scim.Ref{Type: t, ID: made.ID()}, directory.Fields{})
	if err != nil { // whatever it is, the resource is there: it must not look like a refusal
		directory.OutcomeOf(ctx).Doubt()
		if _, broken := fault.In(err); !broken {
			err = scim.Unavailable("the new resource", err)
		}
		return scim.Resource{}, err
	}
	return shown, nil
}

// refusedCreate names the fault behind the 500 that Keycloak answers to an e-mail address that is
// taken.
func (r *Realm) refusedCreate(ctx context.Context, t scim.ResourceType, asked scim.Resource, a reply) error {
	err := r.refused(scim.Ref{Type: t}, a)
	mail := profile.Address(asked.Get(emails))
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
	if !validID(ref.ID) {
		return scim.Resource{}, scim.NotFound(ref)
	}
	a, err := r.call(ctx, http.MethodGet, r.path(ref), r.projection(ref.Type, n), "")
	if err != nil {
		return scim.Resource{}, err
	}
	if !a.ok() {
		return scim.Resource{}, r.refused(ref, a)
	}
	return standard(a.body)
}

// Update is GET, edit, and one PATCH, whose answer Keycloak reads anew. Sessions end where the user
// is inactive afterwards, each time, so that a retry ends what a failed first attempt left.
func (r *Realm) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	current, err := r.Get(ctx, ref, directory.Fields{})
	if err != nil {
		return current, err
	}
	wanted, err := edit(current)
	if err != nil {
		return scim.Resource{}, err
	}
	ops, err := r.profile.Patch(ref.Type, current, wanted)
	if err != nil {
		return scim.Resource{}, err
	}
	shown := current
	if len(ops) > 0 {
		if shown, err = r.patch(ctx, ref, ops); err != nil {
			return scim.Resource{}, err
		}
		if shown.Raw("groups") == "" { // a PATCH does not answer them (measured), and does not change them
			shown = shown.With("groups", current.Raw("groups"))
		}
	}
	if ref.Type == scim.User && wanted.Get(active) == "false" {
		err = r.endSessions(ctx, ref)
	}
	return shown, err
}

func (r *Realm) patch(ctx context.Context, ref scim.Ref, ops []profile.Op) (scim.Resource, error) {
	body, err := json.Marshal(map[string]any{"schemas": []string{scim.PatchURN}, "Operations": ops})
	if err != nil {
		return scim.Resource{}, err
	}
	a, err := r.call(ctx, http.MethodPatch, r.path(ref), nil, string(body))
	if err != nil {
		return scim.Resource{}, err
	}
	if !a.ok() {
		return scim.Resource{}, r.refused(ref, a)
	}
	return standard(a.body)
}

// Delete removes the resource.
func (r *Realm) Delete(ctx context.Context, ref scim.Ref) error {
	if !validID(ref.ID) {
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
// create of {} 400 or 403 (measured; with an id in it 400 to everybody). An empty PATCH leaves an
// admin event.
func (r *Realm) MayWrite(ctx context.Context, ref scim.Ref) error {
	if ref.ID != "" {
		if !validID(ref.ID) {
			return scim.NotFound(ref)
		}
		_, err := r.patch(ctx, ref, []profile.Op{})
		return err
	}
	a, err := r.call(ctx, http.MethodPost, r.path(ref), nil, "{}")
	switch {
	case err != nil:
		return err
	case a.status == http.StatusBadRequest:
		return nil
	case a.ok():
		return scim.Upstream(errors.New("Keycloak made a resource without a name"))
	}
	return r.refused(ref, a)
}

// Permitted asks Keycloak whether the credential may use the realm's SCIM API at all, by reading
// its discovery.
func (r *Realm) Permitted(ctx context.Context) error {
	a, err := r.call(ctx, http.MethodGet, r.base()+"/ServiceProviderConfig", nil, "")
	if err == nil && !a.ok() {
		err = r.refused(scim.Ref{}, a)
	}
	return err
}

func (r *Realm) call(ctx context.Context, method, path string, v url.Values, body string) (reply, error) {
	a, err := r.client.do(ctx, r.cred, request{method, path, v, body, "application/scim+json"})
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

// ids of local users and groups are UUIDs; those of federated users are "f:<provider>:<external
// id>".
var idSyntax = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@+=~-]{0,254}$`)

// validID keeps what cannot be an id from meeting a URL.
func validID(id string) bool { return idSyntax.MatchString(id) }

func (r *Realm) projection(t scim.ResourceType, n directory.Fields) url.Values {
	names := r.profile.Names(t, n)
	if len(names) == 0 {
		return url.Values{}
	}
	return url.Values{"attributes": {strings.Join(names, ",")}}
}

// standard is a native resource as a standard directory shows it: without values that stand for
// nothing (Keycloak leaves "manager":{} and "urn:…":{} behind), without Keycloak's location.
func standard(body []byte) (scim.Resource, error) {
	r, err := scim.ParseResource(body)
	if err != nil || r.ID() == "" {
		return scim.Resource{}, scim.Upstream(err)
	}
	return r.Assigned().Set(scim.AttrPath{Name: "meta", Sub: "location"}, ""), nil
}
