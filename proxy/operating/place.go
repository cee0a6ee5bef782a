// Package operating is what commands of operators need of a tenant: its journal, what it sees, and
// a way to write that the journal records as the operator's.
package operating

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/store"
)

// Place is a tenant.
type Place struct {
	Tenant string
	// Operator is who asked for what is done.
	Operator string
	// Journal is that of the tenant's scope; nil: nothing is recorded.
	Journal *journal.Log
	// Directory is what the tenant sees.
	Directory directory.Directory
	// Records has what is kept beside Keycloak, by the ids of resources.
	Records store.Space
	// Lock excludes other writes to a resource.
	Lock func(ctx context.Context, key string) (unlock func(), err error)
	// Calls does calls with the account of the tenant.
	Calls protocol.Service
	// NewID makes ids of requests.
	NewID func() string
}

// Places returns a tenant for an operator.
type Places func(ctx context.Context, tenant, operator string) (Place, error)

// Unknown is the error of a tenant that is not configured.
func Unknown(tenant string) error { return fmt.Errorf("there is no tenant %q", tenant) }

// Digest stands for what an operator has seen, as the JSON text of parts, and agreed to.
func Digest(parts ...any) (string, error) {
	sum := sha256.New()
	write := json.NewEncoder(sum)
	for _, part := range parts {
		if err := write.Encode(part); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Request begins a request of the operator. Its calls are in the journal with its id, the verb, and
// the request that they undo, if any.
func (p Place) Request(verb, undoes string) (calls protocol.Service, id string) {
	id = p.NewID()
	return journaling.Service(p.Journal, p.Calls, journaling.Caller{
		Who: journal.Who{Tenant: p.Tenant, Operator: p.Operator}, Verb: verb, Undoes: undoes,
		Now: func(context.Context) journaling.Circumstances { return journaling.Circumstances{Request: id} },
	}), id
}
