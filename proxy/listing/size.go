package listing

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/scim"
)

// pageFactor is how many bytes of memory a byte of a resource needs until the page is written.
const pageFactor = 3

// read reads a page of whole resources from below.
func (d *Directory) read(ctx context.Context, q directory.Query) (directory.Page, error) {
	p, err := d.Directory.List(ctx, q)
	if err == nil {
		err = take(ctx, p.Resources...)
	}
	return p, err
}

// take counts the memory of resources that are held until the request ends.
func take(ctx context.Context, all ...scim.Resource) error {
	if err := meter.Take(ctx, pageFactor*sizeOf(all)); err != nil {
		return scim.Busy(err)
	}
	return nil
}

// give gives back the memory of resources that are not held any more.
func give(ctx context.Context, all []scim.Resource) { meter.Give(ctx, pageFactor*sizeOf(all)) }

func sizeOf(all []scim.Resource) (n int) {
	for _, r := range all {
		n += r.Size()
	}
	return n
}

// fitting returns how many of the resources fit into a page, from the first one on. The first one
// always does, so that a walk makes progress.
func (d *Directory) fitting(all []scim.Resource) int {
	size := 0
	for i, r := range all {
		if size += r.Size(); size > d.Limits.Bytes && i > 0 {
			return i
		}
	}
	return len(all)
}
