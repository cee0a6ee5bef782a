package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/proxy/transport"
)

// startTimeout is how long the start waits for a store that does not answer.
const startTimeout = 5 * time.Second

// Open opens the configured store. If the store does not answer yet, it is checked before its
// first use.
func Open(ctx context.Context, s config.Store, log *zap.Logger) (*guard.Engine, error) {
	o, err := options(s)
	if err != nil {
		return nil, err
	}
	engine, err := openEngine(s, lockWait)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if s.Embedded != nil {
		warnOfModes(s.Embedded.Path, log)
	}
	guarded := guard.New(engine, o)
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	switch stamp, created, err := guarded.Stamp(ctx); {
	case errors.Is(err, store.ErrUnavailable):
		log.Warn("the store does not answer yet: requests that need it return 503 until it does", zap.Error(err))
	case err != nil:
		return nil, errors.Join(err, engine.Close())
	default:
		log.Info("store", zap.String("stamp", stamp), zap.Bool("new", created))
	}
	return guarded, nil
}

// options say which store is the right one.
func options(s config.Store) (o guard.Options, err error) {
	o = guard.Options{ExpectStamp: s.ExpectStamp, Now: time.Now, NewID: rand.Text, Release: release()}
	if s.Encryption != nil {
		o.RequireSealed = s.Encryption.RequireSealed
		if o.Keys, err = store.LoadKeys(s.Encryption.KeyFiles...); err != nil {
			err = fmt.Errorf("store.encryption: %w", err)
		}
	}
	return o, err
}

// warnOfModes warns if users other than the owner may read, write or replace the store. It does not
// fail, because the operator may want that.
func warnOfModes(path string, log *zap.Logger) {
	if runtime.GOOS == "windows" {
		return // it does not use these modes
	}
	for _, c := range []struct {
		path, message string
		wide          fs.FileMode
	}{
		{path, "users other than the owner can read or write the store: restrict it (chmod 600)", 0o077},
		{filepath.Dir(path), "users other than the owner can write the store's directory, and so replace the store: remove the group's and others' write permission (chmod go-w)", 0o022},
	} {
		info, err := os.Stat(c.path)
		switch {
		case err != nil:
			log.Warn("cannot read the mode of the store's file or directory", zap.String("path", c.path), zap.Error(err))
		case info.Mode().Perm()&c.wide != 0:
			log.Warn(c.message, zap.String("path", c.path), zap.String("mode", fmt.Sprintf("%04o", info.Mode().Perm())))
		}
	}
}

const (
	// lockWait is how long an embedded store that another process has open is waited for.
	lockWait = 5 * time.Second
	// shortWait is lockWait where that process can be asked instead.
	shortWait = 100 * time.Millisecond
)

// openEngine opens the store. It waits for an embedded file that another process has open.
func openEngine(s config.Store, wait time.Duration) (store.Engine, error) {
	if s.Embedded != nil {
		return embedded.Open(s.Embedded.Path, wait)
	}
	return openRedis(s.Redis)
}

func openRedis(c *config.Redis) (_ store.Engine, err error) {
	o := redis.Options{
		Addresses: c.Addresses, Username: c.Username, Prefix: c.Prefix, DB: c.DB, WaitReplicas: c.WaitReplicas,
		Password: func(context.Context) (string, error) { return c.Password() },
	}
	if o.Prefix == "" {
		o.Prefix = "kscim:"
	}
	if c.TLS != nil {
		if o.TLS, err = transport.ClientTLS(*c.TLS, time.Now); err != nil {
			return nil, err
		}
	}
	if s := c.Sentinel; s != nil {
		o.Sentinel = &redis.Sentinel{
			Master: s.Master, Addresses: s.Addresses, Username: s.Username,
			Password: func(context.Context) (string, error) { return s.Password() },
		}
		if s.TLS != nil {
			if o.Sentinel.TLS, err = transport.ClientTLS(*s.TLS, time.Now); err != nil {
				return nil, err
			}
		}
	}
	return redis.Open(o)
}
