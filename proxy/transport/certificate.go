package transport

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"keycloak-scim-proxy/config"
)

// ServerTLS returns the TLS configuration of a server. With a CA for clients, a client without a
// certificate of it is refused in the handshake. It fails if a file cannot be read.
func ServerTLS(files config.Certificate, now func() time.Time) (*tls.Config, error) {
	own, err := pair(files.CertFile, files.KeyFile, now)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	t := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return own.get(), nil },
	}
	if files.ClientCAFile == "" {
		return t, nil
	}
	clients, err := renew(now, func() (*x509.CertPool, error) { return authorities(files.ClientCAFile) }, files.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("tls.clientCAFile: %w", err)
	}
	t.ClientAuth, t.ClientCAs = tls.RequireAndVerifyClientCert, clients.get()
	t.SessionTicketsDisabled = true // a resumed session would outlive the CA that its certificate is of
	t.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		current := t.Clone()
		current.ClientCAs = clients.get()
		return current, nil
	}
	return t, nil
}

// ClientTLS returns the TLS configuration of a client, with the CA and the certificate of the
// configuration. A renewed certificate is shown without a restart.
func ClientTLS(c config.TLS, now func() time.Time) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	var err error
	if c.CAFile != "" {
		if t.RootCAs, err = authorities(c.CAFile); err != nil {
			return nil, err
		}
	}
	if c.CertFile != "" {
		own, err := pair(c.CertFile, c.KeyFile, now)
		if err != nil {
			return nil, err
		}
		t.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own.get(), nil }
	}
	return t, nil
}

// pair reads a certificate and its key.
func pair(certFile, keyFile string, now func() time.Time) (*renewed[*tls.Certificate], error) {
	return renew(now, func() (*tls.Certificate, error) {
		both, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("the certificate %s and its key cannot be read: %w", certFile, err)
		}
		return &both, nil
	}, certFile, keyFile)
}

// authorities reads the certificates to trust.
func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s does not contain a certificate", file)
	}
	return pool, nil
}
