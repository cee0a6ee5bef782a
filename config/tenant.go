package config

import (
	"fmt"
	"os"
	"strings"
)

// Tenant is one tenant's file.
type Tenant struct {
	// Tenant is the name: lower-case letters, digits and hyphens, up to 63. It stands in tokens and URLs.
	Tenant string `yaml:"tenant"`
	// Realm is the Keycloak realm.
	Realm string `yaml:"realm"`
	// Group confines the tenant to one group of a shared realm. Absent: the whole realm.
	Group string `yaml:"group"`
	// Organization also makes users members of a Keycloak organization.
	Organization string `yaml:"organization"`
	// IDP is the dialect: how this tenant's identity provider talks.
	IDP string `yaml:"idp"`
	// ServiceAccount is the client whose service account acts for the tenant in Keycloak.
	ServiceAccount ServiceAccount `yaml:"serviceAccount"`
	// Tokens are the bearer tokens that the tenant may use, by their SHA-256.
	Tokens []Token `yaml:"tokens"`
	// State is live, or staged: reads only.
	State string `yaml:"state"`
	// RequiredAttributes must be kept or mapped.
	RequiredAttributes []string `yaml:"requiredAttributes"`
	// OnDelete is delete, deactivate or detach.
	OnDelete string `yaml:"onDelete"`
	// MembersShown is the size up to which a group is answered whole after a PATCH of its members; beyond it the answer is 204.
	MembersShown int `yaml:"membersShown"`
	// UnknownMembers is fail, or skip: leave group members that do not exist out of a change, and name them in the log.
	UnknownMembers string `yaml:"unknownMembers"`
	// Rate bounds the tenant's requests.
	Rate *Rate `yaml:"rate"`
}

// ServiceAccount is a confidential client of Keycloak.
type ServiceAccount struct {
	// ClientID of the client.
	ClientID string `yaml:"clientID"`
	// SecretFile holds the client's secret; it is read whenever a token is asked for.
	SecretFile string `yaml:"secretFile"`
	// SecretEnv names the environment variable with the client's secret.
	SecretEnv string `yaml:"secretEnv"`
}

// Secret reads the client's secret.
func (s ServiceAccount) Secret() (string, error) { return readSecret(s.SecretFile, s.SecretEnv) }

// Password reads the password; "" where none is configured.
func (r Redis) Password() (string, error) {
	if r.PasswordFile == "" && r.PasswordEnv == "" {
		return "", nil
	}
	return readSecret(r.PasswordFile, r.PasswordEnv)
}

func readSecret(file, env string) (string, error) {
	text := os.Getenv(env)
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		text = string(b)
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", fmt.Errorf("the secret in %s%s is empty", file, env)
	}
	return text, nil
}

// Token is a bearer token, known by its hash only.
type Token struct {
	// ID of the key: lower-case letters and digits, up to 16.
	ID string `yaml:"id"`
	// SHA256 of the whole token, in hex.
	SHA256 string `yaml:"sha256"`
	// Created is the date of its making.
	Created Date `yaml:"created"`
	// Expires is the date from which on the token is refused. Absent: never.
	Expires Date `yaml:"expires"`
}

// Rate bounds the requests of a tenant.
type Rate struct {
	// RequestsPerSecond on average.
	RequestsPerSecond float64 `yaml:"requestsPerSecond"`
	// Burst is how many may come at once.
	Burst int `yaml:"burst"`
	// Concurrency is how many may run at once.
	Concurrency int `yaml:"concurrency"`
}

// DefaultTenant is what holds where nothing is said.
func DefaultTenant() Tenant {
	return Tenant{IDP: "generic", State: "live", OnDelete: "delete", MembersShown: 200, UnknownMembers: "fail"}
}
