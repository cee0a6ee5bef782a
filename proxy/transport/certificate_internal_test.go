package transport

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/certtest"
)

// A renewed certificate is used within a minute. One that cannot be read does not replace the old
// one.
func TestCertificateIsRenewed(t *testing.T) {
	dir := t.TempDir()
	files := config.Certificate{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	now := time.Unix(1_800_000_000, 0)
	if _, err := ServerTLS(files, func() time.Time { return now }); err == nil {
		t.Error("there is no file")
	}
	certtest.WritePair(t, files, 1, now)
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
	certtest.WritePair(t, files, 2, now.Add(time.Second))
	shows(1)
	now = now.Add(checkAge)
	shows(2)
	if err := os.WriteFile(files.KeyFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(checkAge)
	shows(2)
	certtest.WritePair(t, files, 3, now)
	now = now.Add(checkAge)
	shows(3)
}
