//go:build unix

package tenantfile_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/tenantfile"
)

// writerVariable makes the test binary write a file of this directory until it is killed.
const writerVariable = "TENANTFILE_TEST_WRITE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerVariable); dir != "" {
		writeForever(tenantfile.Dir{Path: dir, Known: known})
	}
	os.Exit(m.Run())
}

// writeForever adds a token and removes another one, again and again, and prints a line after each.
func writeForever(d tenantfile.Dir) {
	for i := 1; ; i++ {
		id, old := fmt.Sprintf("n%d", i), fmt.Sprintf("n%d", i-1)
		err := d.Decide(background, filepath.Join(d.Path, "acme.yaml"), func(t config.Tenant) ([]tenantfile.Change, error) {
			changes := []tenantfile.Change{tenantfile.AddToken(config.Token{ID: id, SHA256: fmt.Sprintf("%064x", i)})}
			for _, k := range t.Tokens {
				if k.ID == old {
					changes = append(changes, tenantfile.RemoveToken(old))
				}
			}
			return changes, nil
		})
		fmt.Println(i, err)
	}
}

// A process that is killed at any moment leaves a whole file, and does not keep the lock.
func TestKilled(t *testing.T) {
	d, path := created(t)
	for round := range 12 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), writerVariable+"="+d.Path)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill() })
		lines := bufio.NewScanner(out)
		for i := 0; i <= round && lines.Scan(); i++ {
			if !strings.HasSuffix(lines.Text(), "<nil>") {
				t.Error(lines.Text())
			}
		}
		for range 200 { // while the process writes
			if found, err := d.Find("acme"); err != nil || len(found.Problems) > 0 {
				t.Fatalf("a reader found half a file: %v %v", found.Problems, err)
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		found, err := d.Find("acme")
		if err != nil || len(found.Problems) > 0 || len(found.Tenant.Tokens) > 2 {
			t.Fatalf("%v %v\n%s", found.Problems, err, read(t, path))
		}
		if err := d.Edit(t.Context(), path, tenantfile.Set("membersShown", round)); err != nil {
			t.Fatal(err)
		}
		for _, k := range found.Tenant.Tokens {
			if strings.HasPrefix(k.ID, "n") {
				if err := d.Edit(t.Context(), path, tenantfile.RemoveToken(k.ID)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	entries, err := os.ReadDir(d.Path)
	if err != nil || len(entries) != 3 { // .lock, acme.secret, acme.yaml
		t.Errorf("%v %v", entries, err)
	}
}

// A directory that cannot be written, such as a ConfigMap, changes nothing, and the error has the
// file as it should be.
func TestNotWritable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everything: TestNotWritableByLock shows the same")
	}
	d, path := created(t)
	if err := os.Chmod(d.Path, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(d.Path, 0o700) })
	notWritable(t, d, path)
}

// A lock that this user may not take protects the files too.
func TestNotWritableByLock(t *testing.T) {
	d, path := created(t)
	lock := filepath.Join(d.Path, ".lock")
	if err := errors.Join(os.Remove(lock), os.Symlink("/sys/scim-proxy.lock", lock)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.OpenFile(lock, os.O_CREATE|os.O_RDONLY, 0o600); !errors.Is(err, os.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		t.Skip("no lock that cannot be taken here:", err)
	}
	notWritable(t, d, path)
}

func notWritable(t *testing.T, d tenantfile.Dir, path string) {
	t.Helper()
	before := read(t, path)
	refused, ok := errors.AsType[*tenantfile.NotWritableError](d.Edit(t.Context(), path, tenantfile.Set("membersShown", 7)))
	if !ok || refused.Path != path || string(refused.Content) != before+"membersShown: 7\n" || read(t, path) != before {
		t.Errorf("%+v", refused)
	}
	globex := acmeTenant()
	globex.Tenant, globex.Group = "globex", "globex"
	_, err := d.Create(t.Context(), globex)
	if refused, ok := errors.AsType[*tenantfile.NotWritableError](err); !ok || !strings.Contains(string(refused.Content), "tenant: globex\n") {
		t.Error(err)
	}
	for _, err := range []error{d.Remove(t.Context(), path), d.WriteSecret(t.Context(), "acme.secret", "new")} {
		if _, ok := errors.AsType[*tenantfile.NotWritableError](err); !ok {
			t.Error(err)
		}
	}
	if secret := read(t, filepath.Join(d.Path, "acme.secret")); secret != "s3cret\n" || read(t, path) != before {
		t.Errorf("%q", secret)
	}
	if err := d.Edit(t.Context(), path, tenantfile.Set("idp", "x")); err == nil || !strings.Contains(err.Error(), "dialect") {
		t.Errorf("a bad change is refused as such: %v", err)
	}
}

// A link stays a link, and a secret keeps what its group may do.
func TestLinksAndModes(t *testing.T) {
	d, path := created(t)
	target := filepath.Join(t.TempDir(), "real.yaml")
	secret := filepath.Join(d.Path, "acme.secret")
	if err := errors.Join(os.Rename(path, target), os.Symlink(target, path), os.Chmod(secret, 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Edit(t.Context(), path, tenantfile.Set("membersShown", 7)), d.WriteSecret(t.Context(), secret, "new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 || !strings.Contains(read(t, target), "membersShown: 7\n") {
		t.Error(info, err)
	}
	if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o640 || read(t, secret) != "new\n" {
		t.Error(info.Mode(), err)
	}
}

// Root gives a file the owner that it had, and a new file that of the directory.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	d, path := created(t)
	if err := errors.Join(os.Chown(path, 4711, 4712), os.Chmod(path, 0o640), os.Chown(d.Path, 4713, 4714)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Edit(t.Context(), path, tenantfile.Set("membersShown", 7)), d.WriteSecret(t.Context(), "new.secret", "x")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{path: "640 4711 4712", filepath.Join(d.Path, "new.secret"): "600 4713 4714"} {
		out, err := exec.Command("stat", "-c", "%a %u %g", name).Output()
		if err != nil {
			t.Skip(err)
		}
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("%s: %s", strconv.Quote(name), got)
		}
	}
}
