package instrument

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/scim"
)

// Layer returns a directory whose calls are measured as those of a layer.
func Layer(t *observe.Timings, name string, d directory.Directory) directory.Directory {
	if t == nil {
		return d
	}
	return layer{d, t, name}
}

type layer struct {
	directory.Directory // Capabilities are not measured
	timings             *observe.Timings
	name                string
}

// Create is Directory.Create.
func (l layer) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	ctx, timing := l.timings.Layer(ctx, l.name, "create")
	out, err := l.Directory.Create(ctx, t, r)
	timing.End(err)
	return out, err
}

// Get is Directory.Get.
func (l layer) Get(ctx context.Context, r scim.Ref, n directory.Fields) (scim.Resource, error) {
	ctx, timing := l.timings.Layer(ctx, l.name, "get")
	out, err := l.Directory.Get(ctx, r, n)
	timing.End(err)
	return out, err
}

// List is Directory.List.
func (l layer) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	ctx, timing := l.timings.Layer(ctx, l.name, "list")
	out, err := l.Directory.List(ctx, q)
	timing.End(err)
	return out, err
}

// Update is Directory.Update.
func (l layer) Update(ctx context.Context, r scim.Ref, edit directory.Edit) (scim.Resource, error) {
	ctx, timing := l.timings.Layer(ctx, l.name, "update")
	out, err := l.Directory.Update(ctx, r, edit)
	timing.End(err)
	return out, err
}

// ChangeMembers is Directory.ChangeMembers.
func (l layer) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	ctx, timing := l.timings.Layer(ctx, l.name, "change_members")
	err := l.Directory.ChangeMembers(ctx, group, m)
	timing.End(err)
	return err
}

// Delete is Directory.Delete.
func (l layer) Delete(ctx context.Context, r scim.Ref) error {
	ctx, timing := l.timings.Layer(ctx, l.name, "delete")
	err := l.Directory.Delete(ctx, r)
	timing.End(err)
	return err
}
