package listing

import "keycloak-scim-proxy/proxy/scim"

// pageFactor is how many bytes a byte of a page costs until it is written.
const pageFactor = 3

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
