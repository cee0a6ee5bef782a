package directory_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestObserved(t *testing.T) {
	r := document.Must(`{"userName":" a","name":{"familyName":"F"}}`)
	plain, below := directory.Observed(directory.WithObserved(r, document.Must(`{"userName":"a"}`)))
	if plain.String() != r.String() || below.String() != `{"userName":"a","name":{"familyName":"F"}}` {
		t.Error(plain, below)
	}
	forged := r.With("urn:keycloak-scim-proxy:observed", `{"userName":"admin"}`)
	if plain, below := directory.Observed(directory.WithObserved(forged, scim.Resource{})); !below.IsZero() || plain.String() != r.String() {
		t.Error(plain, below)
	}
}
