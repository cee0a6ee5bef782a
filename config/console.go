package config

// Console has the pages of operators at /console of the admin listener.
type Console struct {
	Enabled bool          `yaml:"enabled"`
	URL     string        `yaml:"url"`
	SignIn  ConsoleSignIn `yaml:"signIn"`
}

// ConsoleSignIn is how operators sign in.
type ConsoleSignIn struct {
	Off              bool   `yaml:"off"`
	Realm            string `yaml:"realm"`
	ClientID         string `yaml:"clientId"`
	ClientSecretFile string `yaml:"clientSecretFile"`
	Role             string `yaml:"role"`
}

// Secret reads the secret.
func (s ConsoleSignIn) Secret() (string, error) { return readSecret(s.ClientSecretFile, "") }
