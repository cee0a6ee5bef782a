package storecmd

import "keycloak-scim-proxy/proxy/store/guard"

// resealedStore is what `store reseal --output json` prints, which docs/commands.md documents.
type resealedStore struct {
	resealedCounts

	Spaces []resealedSpace `json:"spaces"`
	Keys   []resealedKey   `json:"keys"`
}

type resealedCounts struct {
	Records    int `json:"records"`
	Resealed   int `json:"resealed"`
	Sealed     int `json:"sealed"` // for the first time
	Unreadable int `json:"unreadable"`
}

type resealedSpace struct {
	Space string `json:"space"`
	resealedCounts
}

// resealedKey is a key with its use: it writes, is unused, is still in front in a running proxy, or
// is needed for records that cannot be read. Only an unused key may be removed.
type resealedKey struct {
	File      string `json:"file"`
	Use       string `json:"use"`
	Removable bool   `json:"removable"`
}

func countsOf(n guard.ResealCounts) resealedCounts {
	return resealedCounts{n.Seen, n.Resealed, n.Sealed, n.Unreadable}
}

func keysOf(uses []guard.KeyUse, files []string) []resealedKey {
	names := map[guard.KeyUse]string{guard.Writes: "writes", guard.Unused: "unused", guard.InFront: "inFront", guard.Needed: "needed"}
	keys := []resealedKey{}
	for i, use := range uses {
		keys = append(keys, resealedKey{files[i], names[use], use == guard.Unused})
	}
	return keys
}
