package scimhttp

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
)

// body reads the body of a request for a resource, and checks it against the limits of JSON.
func (x *exchange) body(w http.ResponseWriter, l Limits) ([]byte, error) {
	b, err := read(w, x.r, l.Body)
	if err != nil {
		return nil, err
	}
	return b, bounds.JSON(b, l.Depth)
}

// byteOrderMark is what some clients put before the body. RFC 8259 section 8.1 lets a reader ignore
// it.
var byteOrderMark = []byte("\uFEFF")

// bodyFactor is how many bytes of memory a byte of a body costs while the request runs. The reader
// takes one of them; read takes the others when the whole body has arrived.
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
	return bytes.TrimPrefix(b, byteOrderMark), nil
}

// checkMedia accepts application/scim+json and application/json (RFC 7644 section 3.1) in UTF-8,
// and requests without a Content-Type.
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
