package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Options say how to reach Redis.
type Options struct {
	// Addresses are host:port of the server, or of some nodes of the cluster. Several addresses
	// mean a cluster.
	Addresses []string
	// Cluster means that the single address is that of a cluster, such as a configuration endpoint.
	Cluster bool
	// Username is the ACL user; empty is the default user.
	Username string
	// Password is called for each new connection, so that the password may change. Nil: no
	// password.
	Password func(context.Context) (string, error)
	// TLS, if not nil, is used for all connections.
	TLS *tls.Config
	// Prefix begins all keys. It may contain [A-Za-z0-9._:-].
	Prefix string
	// DB is the number of the database of a single server. A cluster has only 0.
	DB int
	// Sentinel, if not nil, finds the server; there are no Addresses then.
	Sentinel *Sentinel
	// WaitReplicas is how many replicas must have received a write before it is acknowledged. A
	// write that fewer have is ErrUnavailable. Not in a cluster.
	WaitReplicas int
	// PoolSize is the maximum number of connections to each node. 0 means 10 for each CPU.
	PoolSize int
	// DialTimeout limits connecting, and Timeout each read and each write. 0 means 2 and 3 seconds.
	// A context that ends earlier takes precedence.
	DialTimeout, Timeout time.Duration
}

const (
	defaultDialTimeout = 2 * time.Second
	defaultTimeout     = 3 * time.Second
)

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9._:-]*$`)

func (o Options) check() error {
	switch {
	case (o.Sentinel == nil) == (len(o.Addresses) == 0):
		return errors.New("redis store: give addresses of servers, or sentinels")
	case o.Sentinel != nil && (o.Sentinel.Master == "" || len(o.Sentinel.Addresses) == 0 || o.Cluster):
		return errors.New("redis store: sentinels need the name of a master and addresses, and know no cluster")
	case o.WaitReplicas != 0 && (o.Cluster || len(o.Addresses) > 1):
		return errors.New("redis store: in a cluster replicas cannot be waited for")
	case !prefixForm.MatchString(o.Prefix):
		return fmt.Errorf("redis store: prefix %q may contain only A-Z a-z 0-9 . _ : -", o.Prefix)
	case o.DB != 0 && (o.Cluster || len(o.Addresses) > 1):
		return fmt.Errorf("redis store: a cluster has no database %d", o.DB)
	}
	return nil
}

// universal returns options that fail early: a request is waiting, and its caller retries.
// connected is called for each new connection.
func (o Options) universal(connected func()) *goredis.UniversalOptions {
	u := &goredis.UniversalOptions{
		Addrs:                 o.Addresses,
		IsClusterMode:         o.Cluster,
		DB:                    o.DB,
		TLSConfig:             o.TLS,
		PoolSize:              o.PoolSize,
		DialTimeout:           o.DialTimeout,
		ReadTimeout:           o.Timeout,
		WriteTimeout:          o.Timeout,
		ContextTimeoutEnabled: true,
		MaxRetries:            2,
		DialerRetries:         1,
		DisableIdentity:       true,
		OnConnect: func(ctx context.Context, c *goredis.Conn) error {
			connected()
			if o.Sentinel == nil {
				return nil
			}
			return isMaster(ctx, c)
		},
		MaintNotificationsConfig: unnotified(),
	}
	if s := o.Sentinel; s != nil {
		u.Addrs, u.TLSConfig, u.ConnMaxLifetime = []string{s.Master}, nil, masterLife
		u.Dialer = (&sentinels{Sentinel: *s, client: o.TLS, timeout: o.DialTimeout / 2, order: s.Addresses}).dial
	}
	if o.Username != "" || o.Password != nil {
		u.CredentialsProviderContext = o.credentials
	}
	return u
}

// unnotified asks for no notices. Hosted Redis servers announce hand-overs, but asking for these
// notices is a command on each connection that other servers do not know.
func unnotified() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

func (o Options) credentials(ctx context.Context) (username, password string, err error) {
	if o.Password == nil {
		return o.Username, "", nil
	}
	password, err = o.Password(ctx)
	return o.Username, password, err
}
