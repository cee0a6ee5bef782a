package disk_test

import (
	"path/filepath"
	"runtime"
	"testing"

	"keycloak-scim-proxy/proxy/store/internal/disk"
)

func TestFree(t *testing.T) {
	bytes, known := disk.Free(t.TempDir())
	if wanted := runtime.GOOS == "linux" || runtime.GOOS == "darwin"; known != wanted || known && bytes <= 0 {
		t.Errorf("%d bytes, %v", bytes, known)
	}
	if _, known := disk.Free(filepath.Join(t.TempDir(), "missing")); known {
		t.Error("a directory that is not there")
	}
}
