package proxy

import (
	"crypto/tls"
	"errors"
	"os"
	"sync"
	"time"

	"keycloak-scim-proxy/config"
)

// certificateAge is how long a certificate is shown before its files are looked at again, so that one that was renewed is shown without a
// restart.
const certificateAge = time.Minute

// certificate is what the door shows. While new files cannot be read the old certificate is shown on.
type certificate struct {
	files config.Certificate
	now   func() time.Time

	mu      sync.Mutex
	shown   *tls.Certificate
	checked time.Time
	changed time.Time
}

// serverTLS reads the certificate; it fails where that cannot be shown.
func serverTLS(files config.Certificate, now func() time.Time) (*tls.Config, error) {
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
		_ = c.read() // the old one is shown on
	}
	return c.shown, nil
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
	if c.shown != nil && latest.Equal(c.changed) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		return errors.Join(errors.New("tls: the certificate and its key cannot be read"), err)
	}
	c.shown, c.changed = &pair, latest
	return nil
}
