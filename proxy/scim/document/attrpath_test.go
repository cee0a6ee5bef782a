package document_test

import (
	"math/rand/v2"
	"testing"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Is compares keys, whichever way it takes.
func TestIsComparesKeys(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	part := func(texts ...string) string { return texts[rng.IntN(len(texts))] }
	path := func() document.AttrPath {
		return document.AttrPath{
			URN:  part("", "", "urn:a:1.0", "urn:A:1.0", "urn:a:1.0:name", "urn:a"),
			Name: part("", "name", "Name", "name.sub", "1.0", "1.0:name", "nam", "names", "ſ", "S", "s", "K", "k", "@", "`", "[", "{"),
			Sub:  part("", "", "sub", "SUB", "b", "İ", "i̇"),
		}
	}
	equal := 0
	for range 200_000 {
		p, q := path(), path()
		if want := p.Key() == q.Key(); p.Is(q) != want {
			t.Fatalf("%#v.Is(%#v) is %v", p, q, !want)
		} else if want {
			equal++
		}
	}
	if equal < 1000 {
		t.Errorf("only %d pairs were equal", equal)
	}
}
