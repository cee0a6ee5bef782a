package onboarding

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/tidwall/sjson"
)

// RelaxProfile makes every attribute of the realm's user profile but the username optional and
// unchecked. It is for trying things out: tools that make up values fail on the stock profile.
func (a *Admin) RelaxProfile(ctx context.Context, realm string) error {
	var profile json.RawMessage // as Keycloak wrote it
	err := a.do(ctx, http.MethodGet, nil, &profile, realm, "users", "profile")
	if err == nil {
		profile, err = relaxed(profile)
	}
	if err == nil {
		err = a.do(ctx, http.MethodPut, []byte(profile), nil, realm, "users", "profile")
	}
	if err != nil {
		return fmt.Errorf("user profile of realm %q: %w", realm, err)
	}
	return nil
}

// relaxed takes the requirements and validations of all attributes but the username out of a user
// profile. Everything else stays byte for byte.
//
// Names in the profile are data and never part of a path of sjson, where dots, wildcards and
// modifiers would have a meaning: an attribute is addressed by its index. Elements that are not
// objects stay too.
func relaxed(profile []byte) ([]byte, error) {
	var doc struct {
		Attributes []json.RawMessage `json:"attributes"`
	}
	if err := json.Unmarshal(profile, &doc); err != nil {
		return nil, err
	}
	for i, raw := range doc.Attributes {
		var attribute map[string]any
		if err := json.Unmarshal(raw, &attribute); err != nil || attribute["name"] == "username" {
			continue
		}
		for _, member := range []string{"required", "validations"} {
			if _, has := attribute[member]; !has {
				continue
			}
			var err error
			path := "attributes." + strconv.Itoa(i) + "." + member
			if profile, err = sjson.DeleteBytes(profile, path); err != nil {
				return nil, err
			}
		}
	}
	return profile, nil
}
