package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"keycloak-scim-proxy/proxy/storage"
)

// snapshotTimeout bounds a copy of the embedded store. Its answer begins when the copy is complete.
const snapshotTimeout = 15 * time.Minute

// snapshot makes a copy of the embedded store beside its file, for `store backup` and `store
// check`: only this process can read the file. The answer has the path and none of the data.
func (p *Proxy) snapshot(w http.ResponseWriter, r *http.Request) {
	if err := http.NewResponseController(w).SetWriteDeadline(p.now().Add(snapshotTimeout)); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	path, err := storage.Snapshot(r.Context(), p.engine)
	switch {
	case errors.Is(err, storage.ErrNoSnapshot):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, path)
	}
}

// usage is for metrics.
func (p *Proxy) usage(ctx context.Context) (size, limit int64, err error) {
	return storage.Usage(ctx, p.engine)
}
