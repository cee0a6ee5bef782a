package store

import (
	"fmt"
	"strings"
)

// canaryPrefix begins the ids of canaries; the id of the key follows in hexadecimal digits.
const canaryPrefix = "key."

// canaryBody is sealed, so that it can be opened with the right key only. What it says does not matter.
const canaryBody = "canary"

// canaryID is the record that says that records may be sealed with the first key.
func (g *Guarded) canaryID() string { return canaryPrefix + g.options.Keys.keys[0].name() }

// sealing seals and opens records of the system space.
func (g *Guarded) sealing() *sealed {
	return &sealed{Space: g.system, tenant: SystemSpace, keys: g.options.Keys, strict: true}
}

// checkKeys reports ErrKeys unless every canary opens.
func (g *Guarded) checkKeys(records map[string]Record) error {
	for id, r := range records {
		name, ok := strings.CutPrefix(id, canaryPrefix)
		switch {
		case !ok:
		case g.options.Keys == nil:
			return fmt.Errorf("%w: the store is sealed with key %s, and no key is configured: name the file of this key in store.encryption.keyFiles", ErrKeys, name)
		case !g.options.Keys.has(name):
			return fmt.Errorf("%w: the store is sealed with key %s, which is not configured: add the file of this key to store.encryption.keyFiles", ErrKeys, name)
		default:
			if _, err := g.sealing().open(id, r); err != nil {
				return fmt.Errorf("%w: the proof of key %s does not open, restore the store from a backup: %w", ErrKeys, name, err)
			}
		}
	}
	return nil
}
