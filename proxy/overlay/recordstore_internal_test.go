package overlay

import (
	"errors"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// A record that is damaged stays so: the answer asks for the operator and not for a retry.
func TestDamagedRecord(t *testing.T) {
	_, err := read(store.Record{Body: []byte(`{"type":`)})
	if e := scim.AsError(err); e.Status != 503 || e.RetryAfter != 0 || !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("%+v", e)
	}
}
