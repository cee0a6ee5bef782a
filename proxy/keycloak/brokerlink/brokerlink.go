package brokerlink

import (
	"context"
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

var (
	userName   = scim.AttrPath{Name: "userName"}
	externalID = scim.AttrPath{Name: "externalId"}
	active     = scim.AttrPath{Name: "active"}
)

// Options of a tenant.
type Options struct {
	// Provider is the alias of the identity provider. Empty: there are no links.
	Provider string
	// UserID is the attribute that has the id of a user at the identity provider.
	UserID scim.AttrPath
	// Adopt makes a user that a sign-in has made the created one. It is not for accounts that are
	// confined to a group, because they do not see such users.
	Adopt bool
	// Lock serialises writes under a key among all processes.
	Lock func(ctx context.Context, key string) (unlock func(), err error)
}

// Directory is the layer. It is made for one request.
type Directory struct {
	directory.Directory
	realm   *keycloak.Realm
	options Options
}

// Over returns the layer on top of below, or below itself if there are no links.
func Over(below directory.Directory, r *keycloak.Realm, o Options) directory.Directory {
	if o.Provider == "" {
		return below
	}
	return &Directory{below, r, o}
}

// wanted is a link that a create below may make with the user.
type wanted struct {
	Identity
	made bool
}

type key struct{}

// From returns the link that a create below must make in the same call, nil if there is none.
func From(ctx context.Context) []Identity {
	if w, ok := ctx.Value(key{}).(*wanted); ok {
		w.made = true
		return []Identity{w.Identity}
	}
	return nil
}

// identity is the link that a user shall have.
func (d *Directory) identity(u scim.Resource) Identity {
	return Identity{d.options.Provider, document.Text(u.Get(d.options.UserID)), document.Text(u.Get(userName))}
}

// taken is the error of a link that another user has. It does not say which one.
func (d *Directory) taken() error {
	return scim.Uniqueness("%s: another user is linked to this id at the identity provider %s", d.options.UserID, d.options.Provider)
}

func (d *Directory) lock(ctx context.Context, externalID string) (func(), error) {
	unlock, err := d.options.Lock(ctx, "link/"+d.options.Provider+"/"+externalID)
	if err != nil {
		return nil, scim.Unavailable("the lock", err)
	}
	return unlock, nil
}

// Create creates a user with its link.
func (d *Directory) Create(ctx context.Context, t scim.ResourceType, sent scim.Resource) (scim.Resource, error) {
	to := d.identity(sent)
	if t != scim.User || to.UserID == "" {
		return d.Directory.Create(ctx, t, sent)
	}
	unlock, err := d.lock(ctx, to.UserID)
	if err != nil {
		return scim.Resource{}, err
	}
	defer unlock()
	have, err := d.holders(ctx, to.UserID)
	if err != nil {
		return scim.Resource{}, err
	}
	if len(have.others) > 0 {
		return d.held(ctx, sent, have)
	}
	w := &wanted{Identity: to}
	shown, err := d.Directory.Create(context.WithValue(ctx, key{}, w), t, sent)
	if err != nil {
		return shown, err
	}
	ref := scim.Ref{Type: t, ID: shown.ID()}
	if !w.made || directory.OutcomeOf(ctx).Adopted() {
		_, err = d.set(ctx, ref.ID, to)
	}
	if err == nil {
		err = d.release(ctx, have.leavers, ref.ID)
	}
	switch {
	case err == nil:
		return shown, nil
	case directory.OutcomeOf(ctx).Adopted():
		return scim.Resource{}, scim.Left(err, nil)
	}
	return scim.Resource{}, directory.Undone(err, d.Directory.Delete(context.WithoutCancel(ctx), ref))
}

// held is a create with a link that a user has. The user may be what an earlier try of the same
// create made without an answer: it has the userName, and the layer below knows. Otherwise the
// create cannot succeed below.
func (d *Directory) held(ctx context.Context, sent scim.Resource, have holders) (scim.Resource, error) {
	ref := scim.Ref{Type: scim.User, ID: have.others[0]}
	holder, err := d.Directory.Get(ctx, ref, directory.Fields{Only: []string{userName.Key()}})
	if err != nil || len(have.others) > 1 || !strings.EqualFold(document.Text(holder.Get(userName)), document.Trim(document.Text(sent.Get(userName)))) {
		return d.adopt(ctx, sent, have)
	}
	shown, err := d.Directory.Create(ctx, scim.User, sent)
	switch {
	case scim.Status(err) == http.StatusConflict:
		return d.adopt(ctx, sent, have)
	case err == nil && shown.ID() != ref.ID: // the holder was renamed meanwhile
		return scim.Resource{}, directory.Undone(d.taken(), d.Directory.Delete(context.WithoutCancel(ctx), scim.Ref{Type: scim.User, ID: shown.ID()}))
	case err == nil:
		err = d.release(ctx, have.leavers, ref.ID)
	}
	return shown, err
}

// release takes the link from leavers, except for one who is back.
func (d *Directory) release(ctx context.Context, leavers []string, back string) error {
	for _, id := range leavers {
		if id == back {
			continue
		}
		if err := d.unlink(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// adopt makes the user that a sign-in has made the created one. The user must be the only one with
// the link, active, and without an external id, so that no provider has created it.
func (d *Directory) adopt(ctx context.Context, sent scim.Resource, have holders) (scim.Resource, error) {
	if !d.options.Adopt || len(have.others) != 1 {
		return scim.Resource{}, d.taken()
	}
	ref := scim.Ref{Type: scim.User, ID: have.others[0]}
	shown, err := d.Directory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		if current.Get(externalID) != "" || current.Get(active) == "false" {
			return current, d.taken()
		}
		return sent.With("id", current.Raw("id")).With("meta", current.Raw("meta")).With("groups", current.Raw("groups")), nil
	})
	if err == nil {
		directory.OutcomeOf(ctx).Adopt()
		err = d.release(ctx, have.leavers, ref.ID)
	}
	return shown, err
}

// Update changes one resource, and moves the link of a user whose external id changes.
func (d *Directory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	if ref.Type != scim.User {
		return d.Directory.Update(ctx, ref, edit)
	}
	var before scim.Resource
	var to Identity
	var have holders
	unlock := func() {}
	defer func() { unlock() }()
	shown, err := d.Directory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		wanted, err := edit(current)
		if before = current; err != nil || d.identity(wanted).UserID == d.identity(current).UserID {
			return wanted, err
		}
		if next := d.identity(wanted); next.UserID != to.UserID && next.UserID != "" {
			to = next
			unlock()
			unlock, have, err = d.claim(ctx, ref, next)
		}
		return wanted, err
	})
	if err != nil || to.UserID == "" {
		return shown, err
	}
	was, err := d.set(ctx, ref.ID, to)
	if err == nil {
		err = d.release(ctx, have.leavers, ref.ID)
	}
	if err == nil {
		return shown, nil
	}
	if was != "" {
		from := to
		from.UserID = was
		_, left := d.set(context.WithoutCancel(ctx), ref.ID, from)
		err = directory.Undone(err, left)
	}
	return scim.Resource{}, directory.PutBack(ctx, d.Directory, ref, before, shown, err)
}

// claim locks a link and checks that no other user has it.
func (d *Directory) claim(ctx context.Context, ref scim.Ref, to Identity) (unlock func(), have holders, err error) {
	unlock, err = d.lock(ctx, to.UserID)
	if err != nil {
		return func() {}, have, err
	}
	have, err = d.holders(ctx, to.UserID)
	for _, id := range have.others {
		if id != ref.ID && err == nil {
			err = d.taken()
		}
	}
	return unlock, have, err
}
