package bulk

import (
	"context"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// provenChanges is how many changes of each type are tried, because a caller may be allowed to
// change only some resources.
const provenChanges = 3

// prove checks, for one create and a few changes of each type, whether the caller may do them. If
// all are refused, it returns the error and the request fails as a whole, which saves a call for
// each operation. If one is allowed, every operation gets its own result.
func (r *run) prove(ctx context.Context) error {
	if r.runner.Prove == nil {
		return nil
	}
	var refused error
	tried := map[scim.Ref]int{}
	for i := range r.ops {
		o := &r.ops[i]
		kind := scim.Ref{Type: o.ref.Type}
		if _, creates := o.call.(protocol.Create); !creates {
			kind.ID = "any"
		}
		most := provenChanges
		if kind.ID == "" {
			most = 1
		}
		if _, unbound := Reference(o.ref.ID); o.err != nil || unbound || tried[kind] >= most {
			continue
		}
		tried[kind]++
		err := r.runner.Prove(ctx, o.ref)
		if scim.Status(err) == 404 { // it does not tell whether the caller may write: check the type instead
			err = r.runner.Prove(ctx, scim.Ref{Type: o.ref.Type})
		}
		if status := scim.Status(err); err == nil || status != 401 && status != 403 {
			return nil
		}
		refused = err
	}
	return refused
}
