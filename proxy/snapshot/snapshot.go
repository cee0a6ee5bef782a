// Package snapshot lets operators make a copy of the embedded store, at the admin listener.
package snapshot

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store/guard"
)

// timeout bounds a copy. Its answer begins when the copy is complete.
const timeout = 15 * time.Minute

// Handler makes a copy of an embedded store beside its file, for `store backup` and `store check`:
// only this process can read the file. The answer has the path of the copy and none of its data. A
// request of a web page is refused.
func Handler(e *guard.Engine) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if clientip.OfPage(r) {
			http.Error(w, "not from a web page", http.StatusForbidden)
			return
		}
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(timeout)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		path, err := storage.Snapshot(r.Context(), e)
		switch {
		case errors.Is(err, storage.ErrNoSnapshot):
			http.Error(w, err.Error(), http.StatusConflict)
		case err != nil:
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		default:
			fmt.Fprintln(w, path)
		}
	})
}
