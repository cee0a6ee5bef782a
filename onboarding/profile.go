package onboarding

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/tidwall/sjson"
)

// RelaxProfile makes every attribute of the realm's user profile except the username optional, and
// removes its validations. It is for demos and tests: generated values fail on the default profile.
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

// relaxed removes "required" and "validations" from all attributes of a user profile except the
// username. Everything else stays byte for byte, also elements that are not objects.
//
// It addresses attributes by index, because dots, wildcards and modifiers in a name would have a
// meaning in a path of sjson.
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
