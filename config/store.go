package config

// Store says where kept attributes are stored.
type Store struct {
	// Embedded is a file, for a single proxy.
	Embedded *Embedded `yaml:"embedded"`
	// Redis is a Redis server or cluster, which several proxies can share.
	Redis *Redis `yaml:"redis"`
	// Encryption seals records at rest. Absent: they are not sealed.
	Encryption *Encryption `yaml:"encryption"`
	// ExpectStamp is the stamp that the store must have. The proxy logs the stamp at start, and
	// /readyz shows it. Absent: any stamp is accepted, and a store without one gets one.
	ExpectStamp string `yaml:"expectStamp"`
}

// Embedded is a store in a file.
type Embedded struct {
	// Path is the file. If its directory does not exist, it is created. Required.
	Path string `yaml:"path"`
}

// Redis is a store in a Redis server or cluster.
type Redis struct {
	// Addresses are host:port of the server. Several addresses mean a cluster. Required, unless there
	// are sentinels.
	Addresses []string `yaml:"addresses"`
	// Username is the name of the ACL user. Absent: the default user.
	Username string `yaml:"username"`
	// PasswordFile is the file with the password. White space around it is ignored. It is read for
	// each new connection. Absent, like passwordEnv: no password.
	PasswordFile string `yaml:"passwordFile"`
	// PasswordEnv is the environment variable with the password, instead of passwordFile.
	PasswordEnv string `yaml:"passwordEnv"`
	// TLS is used if present, even if empty: `tls: {}`. Absent: a plain connection.
	TLS *TLS `yaml:"tls"`
	// Prefix begins the name of every key: letters, digits and `.` `_` `:` `-`.
	Prefix string `yaml:"prefix"`
	// DB is the number of the database. A cluster has only 0.
	DB int `yaml:"db"`
	// Sentinel finds the server by Redis Sentinel, instead of addresses. username, passwordFile,
	// passwordEnv and tls beside it are those of the server that it finds.
	Sentinel *Sentinel `yaml:"sentinel"`
	// WaitReplicas is how many replicas must have received a write before it is answered
	// (docs/stores.md). 0: a failover can lose the last answered writes. Not in a cluster.
	WaitReplicas int `yaml:"waitReplicas"`
}

// Sentinel names a master and the sentinels that watch it.
type Sentinel struct {
	// Master is the name by which the sentinels know the master. Required.
	Master string `yaml:"master"`
	// Addresses are host:port of sentinels. The first that answers is used. Required.
	Addresses []string `yaml:"addresses"`
	// Username is the name of the sentinels' ACL user. Absent: the default user.
	Username string `yaml:"username"`
	// PasswordFile is the file with the sentinels' password. White space around it is ignored. It
	// is read for each new connection. Absent, like passwordEnv: no password.
	PasswordFile string `yaml:"passwordFile"`
	// PasswordEnv is the environment variable with the password, instead of passwordFile.
	PasswordEnv string `yaml:"passwordEnv"`
	// TLS is used for the sentinels if present, even if empty: `tls: {}`.
	TLS *TLS `yaml:"tls"`
}

// TLS says which servers are trusted, and which certificate the proxy shows.
type TLS struct {
	// CAFile is the file with the PEM certificates to trust instead of those of the system.
	CAFile string `yaml:"caFile"`
	// CertFile is the file with the proxy's own certificate in PEM, for servers that ask for one.
	// It needs keyFile.
	CertFile string `yaml:"certFile"`
	// KeyFile is the file with the key of certFile in PEM.
	KeyFile string `yaml:"keyFile"`
	// ServerName is the name that the server's certificate must have. Absent: the host of the
	// address.
	ServerName string `yaml:"serverName"`
}

// Encryption seals records with AES-256-GCM.
type Encryption struct {
	// KeyFiles are files with 32 bytes each, in base64 or hex. The first key writes, all of them
	// read. docs/operations.md has the order in which a key is replaced. A key that was ever the
	// first one is needed until `scim-proxy store reseal` says that it may be removed. Required.
	KeyFiles []string `yaml:"keyFiles"`
	// RequireSealed refuses records that are not sealed, which an attacker without the keys may
	// have written. Reading such a record fails, and searches do not find it. Turn it on when no
	// record from before encryption is left: `scim-proxy store reseal` seals them.
	RequireSealed bool `yaml:"requireSealed"`
}
