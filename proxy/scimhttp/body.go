package scimhttp

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/scim"
)

// body reads a body once, within the limits. It is JSON afterwards, or empty where the method has none.
func (d *Door) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return nil, nil
	}
	b, err := read(w, r, d.Limits.Body)
	if err != nil {
		return nil, err
	}
	return b, scim.CheckJSON(b, d.Limits.Depth)
}

// bodyFactor is how many bytes a byte of a body costs while it is decoded and carried out. All but one are taken when it has arrived whole.
const bodyFactor = 8

// read reads a body of at most limit bytes.
func read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if err := checkMedia(r.Header); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(meter.Reader(r.Context(), http.MaxBytesReader(w, r.Body, limit)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, meter.ErrFull):
		return nil, scim.Busy(err)
	case errors.As(err, &tooLarge):
		return nil, scim.TooLarge(limit)
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	case err != nil:
		return nil, &scim.Error{Status: 400, Type: "invalidSyntax", Detail: "the body could not be read", Cause: err}
	}
	if err := meter.Take(r.Context(), (bodyFactor-1)*len(b)); err != nil {
		return nil, scim.Busy(err)
	}
	return b, nil
}

// checkMedia accepts application/scim+json and application/json (RFC 7644 section 3.1) in UTF-8, and a missing type.
func checkMedia(h http.Header) error {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return scim.UnsupportedMedia("encoded as " + e)
	}
	given := h.Get("Content-Type")
	if given == "" {
		return nil
	}
	kind, params, err := mime.ParseMediaType(given)
	if err != nil || kind != "application/scim+json" && kind != "application/json" {
		return scim.UnsupportedMedia(given)
	}
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") && !strings.EqualFold(c, "utf8") {
		return scim.UnsupportedMedia(given)
	}
	return nil
}
