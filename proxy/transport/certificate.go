package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"keycloak-scim-proxy/config"
)

// certificateAge is how long a certificate is used before its files are checked again, so that a
// renewed one is used without a restart.
const certificateAge = time.Minute

// certificate is the certificate of a server. If new files cannot be read, the old certificate
// stays in use.
type certificate struct {
	files config.Certificate
	now   func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	checked time.Time // when the files were last checked
	changed time.Time // modification time of the newer file of current
}

// ServerTLS returns the TLS configuration of a server. It fails if the certificate cannot be read.
func ServerTLS(files config.Certificate, now func() time.Time) (*tls.Config, error) {
	c := &certificate{files: files, now: now}
	if err := c.read(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.checked) >= certificateAge {
		_ = c.read() // if it fails, the old one stays in use
	}
	return c.current, nil
}

// read loads the files if one of them changed.
func (c *certificate) read() error {
	c.checked = c.now()
	var latest time.Time
	for _, f := range []string{c.files.CertFile, c.files.KeyFile} {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		if info.ModTime().After(latest) {
			latest = info.ModTime()
		}
	}
	if c.current != nil && latest.Equal(c.changed) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		return errors.Join(errors.New("tls: the certificate and its key cannot be read"), err)
	}
	c.current, c.changed = &pair, latest
	return nil
}

// ClientTLS returns the TLS configuration of a client, with the CA and the certificate of the
// configuration.
func ClientTLS(c config.TLS) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s does not contain a certificate", c.CAFile)
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
