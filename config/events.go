package config

// Events tells named receivers about the changes that writes made (docs/events.md). No value of an
// attribute is in an event. It needs the journal.
type Events struct {
	// Issuer is `iss` of security event tokens. Absent: publicURL. One of the two is required if a
	// receiver polls.
	Issuer string `yaml:"issuer"`
	// KeyFiles are files with the private keys of security event tokens: PEM (PKCS #8) or a JSON Web
	// Key; RSA of at least 2048 bits, P-256 or Ed25519. The first key signs; the public keys of all
	// are at /events/jwks.json. They are read at the start. One is needed if a receiver polls.
	KeyFiles []string `yaml:"keyFiles"`
	// Receivers are all that get events. No other address is ever called. Required.
	Receivers []Receiver `yaml:"receivers"`
}

// Receiver gets events. Exactly one of webhook and poll is required.
type Receiver struct {
	// Name is the name of the receiver, for commands, metrics and the log: lower-case letters,
	// digits and `-`, up to 63. Required.
	Name string `yaml:"name"`
	// Tenants are the names of the tenants whose changes it gets; realm:NAME stands for the drop-in
	// callers of a realm. Required, or allTenants.
	Tenants []string `yaml:"tenants"`
	// AllTenants gives it the changes of all tenants, and of all drop-in callers.
	AllTenants bool `yaml:"allTenants"`
	// Webhook sends each event to a URL.
	Webhook *Webhook `yaml:"webhook"`
	// Poll lets the receiver ask for its events at /events/NAME (RFC 8936).
	Poll *Poll `yaml:"poll"`
}

// Webhook is where events are sent to.
type Webhook struct {
	// URL is the address: https, or http to this machine. Redirects are not followed. Private
	// addresses are allowed, because the operator names them here; link-local ones are not.
	// Required.
	URL string `yaml:"url"`
	// SecretFile is the file with the secret that signs each request, at least 32 characters. White
	// space around it is ignored. It is read for each request. Required.
	SecretFile string `yaml:"secretFile"`
	// CAFile is the file with the PEM certificates to trust instead of those of the system.
	CAFile string `yaml:"caFile"`
	// Timeout is the maximum time of one request.
	Timeout Duration `yaml:"timeout"`
	// Tries is how often an event is sent that the receiver answers with an error, before it is a
	// dead letter. A receiver that does not answer does not use up tries.
	Tries int `yaml:"tries"`
}

// Secret reads the secret. No error contains it.
func (w Webhook) Secret() (string, error) { return readSecret(w.SecretFile, "") }

// Poll is who may ask for events.
type Poll struct {
	// Audience is `aud` of the security event tokens of the receiver. Required.
	Audience string `yaml:"audience"`
	// TokenSHA256 are the SHA-256 of the bearer tokens that the receiver may use, 64 hex digits each:
	// two while a token is replaced. Required.
	TokenSHA256 []string `yaml:"tokenSHA256"`
}
