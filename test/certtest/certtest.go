// Package certtest makes certificates for tests.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
)

// Certificate says what a certificate has. Other members have useful values.
type Certificate struct {
	Serial int64
	// Names are the names of hosts. Empty: localhost.
	Names []string
	// End is when it ends. Zero: in an hour.
	End time.Time
}

// WritePair writes a new certificate for localhost with its key. changed is the time of the files.
func WritePair(t testing.TB, files config.Certificate, serial int64, changed time.Time) {
	t.Helper()
	Write(t, files, Certificate{Serial: serial})
	for _, name := range []string{files.CertFile, files.KeyFile} {
		if err := os.Chtimes(name, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
}

// Write writes a new certificate with its key. It is its own authority.
func Write(t testing.TB, files config.Certificate, c Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(c.Serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: c.Names, NotAfter: c.End}
	if len(c.Names) == 0 {
		template.DNSNames = []string{"localhost"}
	}
	if c.End.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{files.CertFile: {Type: "CERTIFICATE", Bytes: cert}, files.KeyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
