package listing

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/scim"
)

// pageFactor is how many bytes a byte of a resource costs until the page is written.
const pageFactor = 3

// read reads a page of whole resources from below.
func (d *Directory) read(ctx context.Context, q directory.Query) (directory.Page, error) {
	p, err := d.Directory.List(ctx, q)
	if err == nil {
		err = take(ctx, p.Resources...)
	}
	return p, err
}

// take takes the bytes of resources that are held until the request ends.
func take(ctx context.Context, all ...scim.Resource) error {
	if err := meter.Take(ctx, pageFactor*sizeOf(all)); err != nil {
		return scim.Busy(err)
	}
	return nil
}

func sizeOf(all []scim.Resource) (n int) {
	for _, r := range all {
		n += len(r.String())
	}
	return n
}

// fitting is how many of the resources, from the first one on, a page may have. The first one is always there: else a walk would not go on.
func (d *Directory) fitting(all []scim.Resource) int {
	size := 0
	for i, r := range all {
		if size += len(r.String()); size > d.Limits.Bytes && i > 0 {
			return i
		}
	}
	return len(all)
}
