package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/redis"
)

// openStore opens what the configuration names, sealed where keys are given.
func openStore(s config.Store) (store.Engine, error) {
	engine, err := openEngine(s)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if s.Encryption == nil {
		return engine, nil
	}
	keys, err := store.LoadKeys(s.Encryption.KeyFiles...)
	if err != nil {
		_ = engine.Close() // nothing was done with it
		return nil, fmt.Errorf("store.encryption: %w", err)
	}
	return store.Seal(engine, keys), nil
}

func openEngine(s config.Store) (store.Engine, error) {
	if s.Embedded != nil {
		return embedded.Open(s.Embedded.Path, 5*time.Second)
	}
	o := redis.Options{
		Addresses: s.Redis.Addresses, Username: s.Redis.Username, Prefix: s.Redis.Prefix, DB: s.Redis.DB,
		Password: func(context.Context) (string, error) { return s.Redis.Password() },
	}
	if o.Prefix == "" {
		o.Prefix = "kscim:"
	}
	if s.Redis.TLS != nil {
		var err error
		if o.TLS, err = clientTLS(*s.Redis.TLS); err != nil {
			return nil, err
		}
	}
	return redis.Open(o)
}

func clientTLS(c config.TLS) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", c.CAFile)
		}
	}
	if c.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, err
		}
		t.Certificates = []tls.Certificate{cert}
	}
	return t, nil
}
