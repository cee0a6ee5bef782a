package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
)

// writePair writes a new certificate, and returns its serial number.
func writePair(t *testing.T, files config.Certificate, serial int64, changed time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
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
		if err := os.Chtimes(name, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
}

// A renewed certificate is used within a minute; one that cannot be read does not replace the old
// one.
func TestCertificateIsRenewed(t *testing.T) {
	dir := t.TempDir()
	files := config.Certificate{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	now := time.Unix(1_800_000_000, 0)
	if _, err := ServerTLS(files, func() time.Time { return now }); err == nil {
		t.Error("there is no file")
	}
	writePair(t, files, 1, now)
	c, err := ServerTLS(files, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	shows := func(want int64) {
		t.Helper()
		pair, err := c.GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := pair.Leaf.SerialNumber.Int64(); got != want {
			t.Errorf("certificate %d is shown, want %d", got, want)
		}
	}
	shows(1)
	writePair(t, files, 2, now.Add(time.Second))
	shows(1)
	now = now.Add(certificateAge)
	shows(2)
	if err := os.WriteFile(files.KeyFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certificateAge)
	shows(2)
	writePair(t, files, 3, now)
	now = now.Add(certificateAge)
	shows(3)
}
