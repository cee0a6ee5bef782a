package guard

import (
	"fmt"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/store"
)

// canaryPrefix begins the id of a canary. The id of the key follows in hexadecimal digits.
const canaryPrefix = "key."

// The bodies of canaries. The first two are sealed, so that only their own key opens them.
const (
	// canaryBody: records may be sealed with the key.
	canaryBody = "canary"
	// retiringBody: Reseal is about to retire the key. A process that has the key in front changes
	// this back to canaryBody.
	retiringBody = "retiring"
	// retiredBody, in plain: no record is sealed with the key, and it need not be configured.
	retiredBody = "retired"
)

// canaryID names the canary of the first key.
func (g *Engine) canaryID() string { return canaryPrefix + g.options.Keys.IDs()[0] }

// sealing seals and opens records of the system space.
func (g *Engine) sealing() *store.SealedSpace {
	return store.SealSpace(g.system, store.SystemSpace, g.options.Keys, true)
}

// canary returns the body of a canary, or the empty string if there is none or it cannot be opened.
func (g *Engine) canary(records map[string]store.Record, id string) string {
	r := records[id]
	if opened, err := g.sealing().OpenRecord(id, r); err == nil {
		r = opened
	}
	return string(r.Body)
}

// checkKeys reports ErrKeys unless every canary opens, except those of retired keys.
func (g *Engine) checkKeys(records map[string]store.Record) error {
	for id, r := range records {
		name, ok := strings.CutPrefix(id, canaryPrefix)
		switch {
		case !ok, string(r.Body) == retiredBody:
		case g.options.Keys == nil:
			return fmt.Errorf("%w: the store is sealed with key %s, and no key is configured: name the file of this key in store.encryption.keyFiles", store.ErrKeys, name)
		case !slices.Contains(g.options.Keys.IDs(), name):
			return fmt.Errorf("%w: the store is sealed with key %s, which is not configured: add the file of this key to store.encryption.keyFiles", store.ErrKeys, name)
		default:
			if _, err := g.sealing().OpenRecord(id, r); err != nil {
				return fmt.Errorf("%w: the canary of key %s cannot be opened, restore the store from a backup: %w", store.ErrKeys, name, err)
			}
		}
	}
	return nil
}
