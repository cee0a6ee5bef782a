package guard

import (
	"fmt"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/store"
)

// canaryPrefix begins the ids of canaries; the id of the key follows in hexadecimal digits.
const canaryPrefix = "key."

// What canaries say. The first two are sealed, so that they can be opened with their own key only.
const (
	// canaryBody is that of a key that records may be sealed with.
	canaryBody = "canary"
	// retiringBody is that of a key that Reseal is about to retire. A process that still has it as the first one takes that back.
	retiringBody = "retiring"
	// retiredBody is in plain: no record is sealed with the key any more, and it need not be configured.
	retiredBody = "retired"
)

// canaryID is the record that says that records may be sealed with the first key.
func (g *Engine) canaryID() string { return canaryPrefix + g.options.Keys.IDs()[0] }

// sealing seals and opens records of the system space.
func (g *Engine) sealing() *store.SealedSpace {
	return store.SealSpace(g.system, store.SystemSpace, g.options.Keys, true)
}

// canary is what a canary says, and the empty string if there is none or it does not open.
func (g *Engine) canary(records map[string]store.Record, id string) string {
	r := records[id]
	if opened, err := g.sealing().OpenRecord(id, r); err == nil {
		r = opened
	}
	return string(r.Body)
}

// checkKeys reports ErrKeys unless every canary opens, but for those of retired keys.
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
				return fmt.Errorf("%w: the proof of key %s does not open, restore the store from a backup: %w", store.ErrKeys, name, err)
			}
		}
	}
	return nil
}
