package config

// Store says where kept attributes live.
type Store struct {
	// Embedded is a file beside a single proxy.
	Embedded *Embedded `yaml:"embedded"`
	// Redis is shared by several proxies.
	Redis *Redis `yaml:"redis"`
	// Encryption seals records at rest. Absent: they are not sealed.
	Encryption *Encryption `yaml:"encryption"`
	// ExpectStamp is the stamp that the store must have. Absent: any, and a store without one gets one. The proxy logs the stamp at
	// start, and /readyz shows it.
	ExpectStamp string `yaml:"expectStamp"`
}

// Embedded is the store in a file.
type Embedded struct {
	// Path of the file; its directory is made. Required.
	Path string `yaml:"path"`
}

// Redis is the store in a Redis server or cluster.
type Redis struct {
	// Addresses are host:port; several make a cluster. Required.
	Addresses []string `yaml:"addresses"`
	// Username of the ACL user. Absent: the default user.
	Username string `yaml:"username"`
	// PasswordFile holds the password, white space around it ignored; it is read at each connection. Absent, like passwordEnv: no password.
	PasswordFile string `yaml:"passwordFile"`
	// PasswordEnv names the environment variable with the password, instead of passwordFile.
	PasswordEnv string `yaml:"passwordEnv"`
	// TLS is used where present, even if empty: `tls: {}`. Absent: a plain connection.
	TLS *TLS `yaml:"tls"`
	// Prefix begins every key: letters, digits and `.` `_` `:` `-`.
	Prefix string `yaml:"prefix"`
	// DB is the number of the database; a cluster has none but 0.
	DB int `yaml:"db"`
}

// TLS is how a server is trusted, and how the proxy shows itself.
type TLS struct {
	// CAFile holds the PEM certificates to trust instead of the system's.
	CAFile string `yaml:"caFile"`
	// CertFile holds the proxy's own certificate in PEM, for servers that ask for one. It needs keyFile.
	CertFile string `yaml:"certFile"`
	// KeyFile holds the key of certFile in PEM.
	KeyFile string `yaml:"keyFile"`
	// ServerName is expected in the server's certificate. Absent: the host that is dialled.
	ServerName string `yaml:"serverName"`
}

// Encryption seals records with AES-256-GCM.
type Encryption struct {
	// KeyFiles hold 32 bytes each, in base64 or hex. The first one writes, all of them read. docs/operations.md has the order in which a
	// key is replaced; one that was ever the first is needed until scim-proxy store reseal says that it is not. Required.
	KeyFiles []string `yaml:"keyFiles"`
	// RequireSealed refuses records that are not sealed, which somebody without the keys may have written. Turn it on when no record
	// from before encryption is left: such a record is not found then, and reading it fails.
	RequireSealed bool `yaml:"requireSealed"`
}
