package representation

import (
	"encoding/json"
)

// User is a user of the Admin REST API. Pointers are nil if the attribute is missing.
type User struct {
	ID         string              `json:"id"`
	Username   string              `json:"username"`
	FirstName  *string             `json:"firstName"`
	LastName   *string             `json:"lastName"`
	Email      *string             `json:"email"`
	Attributes map[string][]string `json:"attributes"`
	// Federation is the storage that the user was imported from, or "". Its values may be newer
	// there than in Keycloak's own database, which is what the SCIM API shows.
	Federation string `json:"federationLink"`
}

// Parse reads a list of users. It leaves out those of a federation, and those whose name is hidden.
func Parse(body []byte) (map[string]User, error) {
	var list []User
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	users := make(map[string]User, len(list))
	for _, u := range list {
		if u.Federation == "" && u.Username != "" {
			users[u.ID] = u
		}
	}
	return users, nil
}
