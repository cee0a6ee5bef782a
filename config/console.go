package config

// Console serves pages for operators at /console on adminListen.
type Console struct {
	// Enabled serves them. It needs adminListen.
	Enabled bool `yaml:"enabled"`
	// URL is the scheme and host under which browsers reach adminListen, such as
	// https://scim-admin.example.com, which is also part of the redirect URI at Keycloak. It must be
	// https, unless the host is localhost or a loopback address. Needed, unless signIn.off.
	URL string `yaml:"url"`
	// SignIn says who may use it.
	SignIn SignIn `yaml:"signIn"`
}

// SignIn is how operators sign in: with Keycloak, by OpenID Connect.
type SignIn struct {
	// Off lets everyone who reaches adminListen use the console, without signing in. It is refused
	// unless adminListen is a loopback address.
	Off bool `yaml:"off"`
	// Realm is the realm of the operators. Needed, unless off.
	Realm string `yaml:"realm"`
	// ClientID is a confidential client of the realm with the standard flow. Needed, unless off.
	ClientID string `yaml:"clientID"`
	// SecretFile is the file with the secret of the client. White space around it is ignored.
	// Needed, unless off.
	SecretFile string `yaml:"secretFile"`
	// Role is the realm role that an operator needs.
	Role string `yaml:"role"`
}

// Secret reads the client's secret. No error contains it.
func (s SignIn) Secret() (string, error) { return readSecret(s.SecretFile, "") }

// DefaultConsole returns the values of all keys that are absent from the section.
func DefaultConsole() Console { return Console{SignIn: SignIn{Role: "scim-operator"}} }
