package userprofile

import (
	"encoding/json"
	"strconv"

	"github.com/tidwall/sjson"
)

// Relaxed is an edit that makes all attributes except the username optional, and removes their
// validations. It is for demos and tests: generated values fail on the default profile.
func (p Profile) Relaxed() ([]byte, error) {
	text := []byte(p.raw)
	for i, a := range p.attributes {
		var members map[string]any
		if err := json.Unmarshal(a.raw, &members); err != nil || a.Name == "username" {
			continue
		}
		for _, member := range []string{"required", "validations"} {
			if _, has := members[member]; !has {
				continue
			}
			var err error
			if text, err = sjson.DeleteBytes(text, "attributes."+strconv.Itoa(i)+"."+member); err != nil {
				return nil, err
			}
		}
	}
	return text, nil
}
