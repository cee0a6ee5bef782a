package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Sentinel says how to ask sentinels for the server that is the master now.
type Sentinel struct {
	// Master is the name of the master.
	Master string
	// Addresses are host:port of sentinels.
	Addresses []string
	// Username, Password and TLS are for the sentinels only, as those of Options are for the master.
	Username string
	Password func(context.Context) (string, error)
	TLS      *tls.Config
}

// masterLife is how long a connection to a master is used. After that the sentinels are asked
// again, because a master that was cut off from them goes on answering.
const masterLife = 30 * time.Second

// sentinels connects to the master. go-redis has this too, but with one TLS configuration for
// sentinels and master, and with a password of the sentinels that cannot change.
type sentinels struct {
	Sentinel
	client  *tls.Config // of the master
	timeout time.Duration

	mu    sync.Mutex
	order []string // the sentinel that answered last is the first
}

// dial connects to the master; the address that go-redis passes is not one.
func (s *sentinels) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	address, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	d := &net.Dialer{Timeout: s.timeout}
	if s.client == nil {
		return d.DialContext(ctx, network, address)
	}
	return (&tls.Dialer{NetDialer: d, Config: s.client}).DialContext(ctx, network, address)
}

// find asks the sentinels one after the other for the address of the master.
func (s *sentinels) find(ctx context.Context) (string, error) {
	s.mu.Lock()
	order := slices.Clone(s.order)
	s.mu.Unlock()
	var failures []error
	for i, sentinel := range order {
		address, err := s.ask(ctx, sentinel)
		if err == nil {
			s.mu.Lock()
			s.order = slices.Concat(order[i:], order[:i])
			s.mu.Unlock()
			return address, nil
		}
		failures = append(failures, fmt.Errorf("sentinel %s: %w", sentinel, err))
	}
	return "", errors.Join(failures...)
}

func (s *sentinels) ask(ctx context.Context, sentinel string) (string, error) {
	o := &goredis.Options{
		Addr: sentinel, TLSConfig: s.TLS, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true,
		DialTimeout: s.timeout, ReadTimeout: s.timeout, WriteTimeout: s.timeout, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: unnotified(),
	}
	if s.Username != "" || s.Password != nil {
		o.CredentialsProviderContext = Options{Username: s.Username, Password: s.Password}.credentials
	}
	c := goredis.NewSentinelClient(o)
	defer func() { _ = c.Close() }()
	found, err := c.GetMasterAddrByName(ctx, s.Master).Result()
	switch {
	case errors.Is(err, goredis.Nil):
		return "", fmt.Errorf("it knows no master %q", s.Master)
	case err != nil:
		return "", err
	case len(found) != 2:
		return "", fmt.Errorf("it answers %q", found)
	}
	return net.JoinHostPort(found[0], found[1]), nil
}

// isMaster fails on a connection to a server that is not the master any more: what a sentinel says
// may be old, and a replica would answer reads with old records.
func isMaster(ctx context.Context, c *goredis.Conn) error {
	role, err := c.Do(ctx, "role").Slice()
	if err == nil && (len(role) == 0 || role[0] != "master") {
		err = errors.New("the server that the sentinels name is not the master")
	}
	return err
}
