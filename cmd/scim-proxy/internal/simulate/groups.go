package simulate

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"keycloak-scim-proxy/adapters/shapes"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

func (r *run) makeGroups(ctx context.Context) error {
	for i := range r.Groups {
		name := fmt.Sprintf("sim-%s-group-%d", r.RunID, i)
		g, err := r.want(ctx, http.MethodPost, "/Groups", object{"schemas": []string{coreGroup}, "displayName": name}, http.StatusCreated)
		if err != nil {
			return err
		}
		r.groups = append(r.groups, g)
		if err := r.change(ctx, g, r.Add, r.ids(), r.ids()); err != nil {
			return err
		}
	}
	return nil
}

// change sends a change of members and checks that the group has exactly the members in all.
func (r *run) change(ctx context.Context, g object, how func(object, []string, []string) shapes.Request, changed, all []string) error {
	id, _ := g["id"].(string)
	if err := r.send(ctx, "/Groups/"+id, how(g, changed, all)); err != nil {
		return err
	}
	r.in[id] = all
	return r.members(ctx, id)
}

func (r *run) members(ctx context.Context, id string) error {
	g, err := r.want(ctx, http.MethodGet, "/Groups/"+id+"?attributes=displayName,members", nil, http.StatusOK)
	if err != nil {
		return err
	}
	var got []string
	list, _ := g["members"].([]any)
	for _, m := range list {
		if v, ok := at(m, "value").(string); ok {
			got = append(got, v)
		}
	}
	want := slices.Sorted(slices.Values(r.in[id]))
	if slices.Sort(got); !slices.Equal(got, want) {
		return r.lost("members "+scimclient.Text(want), "members "+scimclient.Text(got))
	}
	return nil
}

func (r *run) churn(ctx context.Context) error {
	all := r.ids()
	half := all[:(len(all)+1)/2]
	for _, g := range r.groups {
		if err := r.change(ctx, g, r.Remove, half, all[len(half):]); err != nil {
			return err
		}
		if err := r.change(ctx, g, r.Add, half, all); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) renameGroup(ctx context.Context) error {
	for _, g := range r.groups {
		id, _ := g["id"].(string)
		name := fmt.Sprintf("sim-%s-renamed-%s", r.RunID, id[:8])
		if err := r.send(ctx, "/Groups/"+id, r.Rename(g, name, r.in[id])); err != nil {
			return err
		}
		shown, err := r.want(ctx, http.MethodGet, "/Groups/"+id, nil, http.StatusOK)
		if err != nil {
			return err
		}
		if shown["displayName"] != name {
			return r.lost("displayName "+scimclient.Text(name), "displayName "+scimclient.Text(shown["displayName"]))
		}
		if err := r.members(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
