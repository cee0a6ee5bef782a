package confined

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/brokerlink"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/refusal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// newUser is a user to create, as the Admin REST API takes it.
type newUser struct {
	Username   string                `json:"username"`
	Email      string                `json:"email,omitempty"`
	FirstName  string                `json:"firstName,omitempty"`
	LastName   string                `json:"lastName,omitempty"`
	Enabled    bool                  `json:"enabled"`
	Attributes map[string][]string   `json:"attributes,omitempty"`
	Groups     []string              `json:"groups"`
	Links      []brokerlink.Identity `json:"federatedIdentities,omitempty"`
}

// createUser creates a user, makes it a member of the tenant's organization, and reads it back by
// the SCIM API.
func (d *Directory) createUser(ctx context.Context, sent scim.Resource) (scim.Resource, error) {
	body, err := d.profile.Create(scim.User, sent)
	if err != nil {
		return scim.Resource{}, err
	}
	var missing []string // the SCIM API refuses them, the Admin REST API does not (measured)
	for _, path := range d.Realm.Capabilities().Required[scim.User] {
		if body.Get(path) == "" {
			missing = append(missing, path.String())
		}
	}
	if len(missing) > 0 {
		return scim.Resource{}, scim.InvalidValue("required: %s", strings.Join(missing, ", "))
	}
	if _, err := d.group.ID(ctx, d.Realm); err != nil {
		return scim.Resource{}, err
	}
	if err := d.ShowsUsers(ctx); err != nil {
		return scim.Resource{}, err
	}
	user := d.represented(body, sent)
	user.Links = brokerlink.From(ctx)
	a, err := d.post(ctx, user)
	switch {
	case err != nil:
		return scim.Resource{}, err
	case a.Status != http.StatusCreated:
		return scim.Resource{}, d.refusedCreate(a)
	}
	made := scim.Ref{Type: scim.User, ID: path.Base(a.Location)}
	if err := d.joined(ctx, made); err != nil {
		return scim.Resource{}, err
	}
	shown, err := d.Get(ctx, made, directory.Fields{})
	if err != nil { // the user is there: the error must not look like a refusal
		directory.OutcomeOf(ctx).Doubt()
		if _, broken := fault.In(err); !broken {
			err = scim.Unavailable("the new resource", err)
		}
		return shown, err
	}
	if renamed(sent, shown) {
		return scim.Resource{}, d.unmade(ctx, made)
	}
	return shown, nil
}

// joined makes a new user a member of the organization. If that fails, the user is deleted again.
func (d *Directory) joined(ctx context.Context, made scim.Ref) error {
	err := d.group.Complete(ctx, d.Realm, made)
	if err == nil {
		return nil
	}
	if left := d.Realm.Delete(context.WithoutCancel(ctx), made); left != nil && !scim.IsGone(left) {
		directory.OutcomeOf(ctx).Doubt() // a retry of the create completes it
		return scim.Left(err, left)
	}
	return err
}

func (d *Directory) post(ctx context.Context, u newUser) (keycloak.Answer, error) {
	u.Groups = []string{d.group.Path()}
	b, err := json.Marshal(u)
	if err != nil {
		return keycloak.Answer{}, err
	}
	return d.Send(ctx, http.MethodPost, "/users", string(b))
}

// represented translates the body of a native create by the mapping of the user profile. body has
// the first element of a list, sent has all: the Admin REST API takes them at once.
func (d *Directory) represented(body, sent scim.Resource) newUser {
	u := newUser{Enabled: body.Get(active) != "false", Attributes: map[string][]string{}}
	for l := range body.Leaves() {
		text := document.Text(l.Raw)
		switch name := d.profile.Attribute(l.Path); name {
		case "":
		case "username":
			u.Username = text
		case "firstName":
			u.FirstName = text
		case "lastName":
			u.LastName = text
		case "email":
			if all := document.Elements(l.Raw); len(all) > 0 {
				u.Email = document.Text(document.Must(all[0]).Raw("value"))
			}
		default:
			u.Attributes[name] = values(text, sent.Get(l.Path))
		}
	}
	return u
}

// values are those of an attribute: all of a list, or the text.
func values(text, sent string) (all []string) {
	if !strings.HasPrefix(sent, "[") {
		return []string{text}
	}
	for _, e := range document.Elements(sent) {
		all = append(all, document.Text(e))
	}
	return all
}

// problem is what the Admin REST API says of a value that the user profile refuses.
type problem struct {
	Field   string `json:"field"`
	Message string `json:"errorMessage"`
}

func (d *Directory) refusedCreate(a keycloak.Answer) error {
	cause := errors.New("Keycloak answered " + fault.Said(a.Status, a.Body))
	switch a.Status {
	case http.StatusConflict:
		return taken(cause)
	case http.StatusForbidden:
		return d.Fault(fault.Group, "a create in the group "+d.group.Path()+" was answered "+fault.Said(a.Status, a.Body))
	case http.StatusBadRequest:
	default:
		return refusal.Unclear(a.Status, a.Body)
	}
	var said struct {
		problem
		Errors []problem `json:"errors"`
	}
	if err := json.Unmarshal(a.Body, &said); err != nil {
		return scim.Upstream(errors.Join(cause, err))
	}
	var all []string
	for _, p := range append(said.Errors, said.problem) {
		if slices.Contains(d.profile.Unset(), p.Field) {
			return d.Fault(fault.Profile, "it requires "+p.Field)
		}
		if p.Field != "" {
			all = append(all, d.profile.Path(p.Field)+": "+p.Message)
		}
	}
	if all == nil {
		all = []string{"Keycloak does not accept the values"}
	}
	return &scim.Error{Status: http.StatusBadRequest, Type: "invalidValue", Detail: strings.Join(all, "; "), Cause: cause}
}

// taken is the error of a name or an address that another user of the realm has. It does not say
// whether that user is one of the tenant.
func taken(cause error) error {
	e := scim.Uniqueness("a user with this userName or e-mail address exists")
	e.Cause = cause
	return e
}

// takenInUpdate finds out whether the 500 that Keycloak answered to a PATCH means that the new name
// or address is taken (measured). No query of the account shows users outside the tenant, but a
// create looks at both before it looks at anything else.
func (d *Directory) takenInUpdate(ctx context.Context, before, wanted scim.Resource, cause error) error {
	var probes []newUser
	if name := document.Trim(document.Text(wanted.Get(userName))); name != "" && !document.Same(before.Get(userName), wanted.Get(userName)) {
		probes = append(probes, newUser{Username: name, Email: impossible + "@example.com"})
	}
	if was, mail := profile.Address(before.Get(emails)), profile.Address(wanted.Get(emails)); mail != "" && !strings.EqualFold(was, mail) {
		probes = append(probes, newUser{Username: impossible, Email: mail})
	}
	for _, p := range probes {
		a, err := d.post(ctx, p)
		switch {
		case err == nil && a.Status == http.StatusConflict:
			return taken(cause)
		case err == nil && a.Status == http.StatusCreated:
			return d.unwanted(ctx, a, cause)
		}
	}
	return cause
}

// impossible is longer than the column of a name or an address, so that no user can be created with
// it.
var impossible = strings.Repeat("x", 300)

// unwanted deletes a user that a probe has created, which no release does.
func (d *Directory) unwanted(ctx context.Context, a keycloak.Answer, cause error) error {
	made := scim.Ref{Type: scim.User, ID: path.Base(a.Location)}
	if err := d.Realm.Delete(context.WithoutCancel(ctx), made); err != nil {
		return scim.Left(cause, fmt.Errorf("user %s was created by a probe: %w", made.ID, err))
	}
	return cause
}
