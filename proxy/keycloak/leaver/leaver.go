package leaver

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Mode is what a DELETE of a user does.
type Mode string

// The modes. The zero value is Delete.
const (
	Delete     Mode = "delete"
	Park       Mode = "park"
	Deactivate Mode = "deactivate"
)

// Options of a tenant.
type Options struct {
	Mode Mode
	// Grace is how long a parked user stays before Sweep deletes it.
	Grace time.Duration
	Now   func() time.Time
}

// hides reports whether there are users that are hidden.
func (o Options) hides() bool { return o.Mode == Park || o.Mode == Deactivate }

// Directory is a directory.Directory without leavers. It is made for one request.
type Directory struct {
	directory.Directory
	realm   *keycloak.Realm
	options Options
	made    sync.Map // outcomes of the creates of this request, by id
}

var _ directory.Directory = (*Directory)(nil)

// New returns the layer on top of below, which is the realm or a group of it. It sends no request.
func New(below directory.Directory, r *keycloak.Realm, o Options) *Directory {
	return &Directory{Directory: below, realm: r, options: o}
}

// Capabilities returns those below, less what the term that hides leavers needs.
func (d *Directory) Capabilities() directory.Capabilities {
	c := d.Directory.Capabilities()
	if d.options.hides() {
		c.FilterLimits.Length, c.FilterLimits.Nesting = c.FilterLimits.Length-filterLength, c.FilterLimits.Nesting-1
	}
	return c
}

// Create creates a resource. If a user that a DELETE has deactivated has the userName, it becomes
// active again, with the attributes of the request only.
func (d *Directory) Create(ctx context.Context, t scim.ResourceType, sent scim.Resource) (scim.Resource, error) {
	if err := d.mayHave(t, sent); err != nil {
		return scim.Resource{}, err
	}
	shown, err := d.Directory.Create(ctx, t, sent)
	switch {
	case t == scim.User && scim.Status(err) == http.StatusConflict && d.options.Mode == Deactivate:
		return d.rehire(ctx, sent, err)
	case t == scim.User && err == nil:
		d.made.Store(shown.ID(), directory.OutcomeOf(ctx))
	}
	return shown, err
}

// rehire makes a user active again that a DELETE has deactivated. refused is the error of the
// create, and returned if there is no such user.
func (d *Directory) rehire(ctx context.Context, sent scim.Resource, refused error) (scim.Resource, error) {
	name := document.Trim(document.Text(sent.Get(userName)))
	found, err := d.Directory.List(ctx, directory.Query{Type: scim.User, Start: 1, Count: 2, Filter: scim.And{Terms: []scim.Filter{scim.Equal(userName, name), leavers}}})
	if err != nil {
		return scim.Resource{}, err
	}
	if len(found.Resources) != 1 {
		return scim.Resource{}, refused
	}
	return d.Directory.Update(ctx, scim.Ref{Type: scim.User, ID: found.Resources[0].ID()}, func(current scim.Resource) (scim.Resource, error) {
		if !isLeaver(current) || current.Get(active) == "true" {
			return current, refused
		}
		return sent.With("id", current.Raw("id")), nil
	})
}

// mayHave returns an error if a user would look like a leaver.
func (d *Directory) mayHave(t scim.ResourceType, wanted scim.Resource) error {
	if t == scim.User && d.options.hides() && Reserved(profile.Address(wanted.Get(emails))) {
		return scim.InvalidValue("emails: addresses that end with %s are reserved for users that were deleted", domain)
	}
	return nil
}

// Get reads one resource. A leaver is shown to the undo of its DELETE only (directory.Reviving).
func (d *Directory) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	if ref.Type != scim.User || !d.options.hides() {
		return d.Directory.Get(ctx, ref, n)
	}
	if !n.Covers(emails) {
		n.Only = append(slices.Clone(n.Only), emails.Key())
	}
	shown, err := d.Directory.Get(ctx, ref, n)
	if err == nil {
		err = hidden(ctx, ref, shown)
	}
	if err != nil {
		return scim.Resource{}, err
	}
	return shown, nil
}

// hidden returns the error of a user that does not exist for a request: a leaver, or any other user
// if leavers are brought back.
func hidden(ctx context.Context, ref scim.Ref, shown scim.Resource) error {
	leaver, revived := isLeaver(shown), directory.Revives(ctx)
	switch {
	case leaver && !revived:
		return gone(ref)
	case !leaver && revived:
		return scim.Uniqueness("the user %s is not deleted any more", ref.ID)
	}
	return nil
}

// gone is the error of a leaver. Nothing is kept for one.
func gone(ref scim.Ref) error {
	e := scim.NotFound(ref)
	e.Gone = true
	return e
}

// List reads one page.
func (d *Directory) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	if q.Type == scim.User && d.options.hides() {
		q.Filter = withoutLeavers(q.Filter)
	}
	return d.Directory.List(ctx, q)
}

// Update changes one resource.
func (d *Directory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	shown, err := d.Directory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		if ref.Type == scim.User && d.options.hides() {
			if err := hidden(ctx, ref, current); err != nil {
				return current, err
			}
		}
		wanted, err := edit(current)
		if err == nil {
			err = d.mayHave(ref.Type, wanted)
		}
		return wanted, err
	})
	if ref.Type == scim.User && scim.Status(err) == http.StatusBadGateway { // what a read-only federation answers is 500 (measured)
		if federated := d.local(ctx, ref); scim.Status(federated) == http.StatusForbidden {
			return shown, federated
		}
	}
	return shown, err
}

// ChangeMembers changes the members of a group. Leavers do not exist.
func (d *Directory) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	if d.options.hides() {
		for some := range slices.Chunk(m.Add, usersAtOnce) {
			if err := d.exist(ctx, some); err != nil {
				return err
			}
		}
	}
	return d.Directory.ChangeMembers(ctx, group, m)
}
