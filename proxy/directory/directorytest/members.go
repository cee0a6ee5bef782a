package directorytest

import (
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func groupOf(t *testing.T, d directory.Directory, name string, users int) (scim.Ref, []string) {
	t.Helper()
	g := create(t, d, scim.Group, document.Must(`{"displayName":`+document.Quote(name)+`,"externalId":"x"}`))
	ids := make([]string, users)
	for i := range ids {
		ids[i] = create(t, d, scim.User, Sample(100+i)).ID()
	}
	return scim.Ref{Type: scim.Group, ID: g.ID()}, ids
}

func isMember(t *testing.T, d directory.Directory, g scim.Ref, want []string) {
	t.Helper()
	r := get(t, d, g, directory.Fields{Members: true})
	var got []string
	for _, e := range document.Elements(r.Raw("members")) {
		got = append(got, document.Text(document.Must(e).Raw("value")))
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("members %v, want %v", got, want)
	}
	if r.Raw("displayName") == "" || r.Raw("externalId") == "" {
		t.Errorf("asking for members lost the rest: %s", r)
	}
}

func join(t *testing.T, d directory.Directory, g scim.Ref, m directory.MemberChange) {
	t.Helper()
	if err := d.ChangeMembers(t.Context(), g, m); err != nil {
		t.Fatalf("join: %v", err)
	}
}

func membership(t *testing.T, d directory.Directory) {
	g, ids := groupOf(t, d, "members", 4)
	join(t, d, g, directory.MemberChange{Add: ids[:3]})
	join(t, d, g, directory.MemberChange{Add: ids[:1]}) // again
	isMember(t, d, g, ids[:3])
	join(t, d, g, directory.MemberChange{Add: ids[3:], Remove: ids[:1]})
	join(t, d, g, directory.MemberChange{Remove: ids[:1]}) // again
	isMember(t, d, g, ids[1:])
	if err := d.Delete(t.Context(), scim.Ref{Type: scim.User, ID: ids[1]}); err != nil {
		t.Fatal(err)
	}
	isMember(t, d, g, ids[2:])
}

func onlyMembers(t *testing.T, d directory.Directory) {
	g, ids := groupOf(t, d, "only", 3)
	join(t, d, g, directory.MemberChange{Replace: true, Add: ids[:2]})
	isMember(t, d, g, ids[:2])
	join(t, d, g, directory.MemberChange{Replace: true, Add: ids[1:]})
	isMember(t, d, g, ids[1:])
	join(t, d, g, directory.MemberChange{Replace: true})
	isMember(t, d, g, nil)
}

func unknownMember(t *testing.T, d directory.Directory) {
	g, ids := groupOf(t, d, "unknown", 2)
	join(t, d, g, directory.MemberChange{Add: ids[:1]})
	for _, id := range []string{"00000000-0000-0000-0000-000000000000", "../x"} {
		if err := d.ChangeMembers(t.Context(), g, directory.MemberChange{Add: []string{ids[1], id}}); status(err) != 400 {
			t.Errorf("unknown member %q: %v", id, err)
		}
	}
	isMember(t, d, g, ids[:1])
}
