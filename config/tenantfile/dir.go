package tenantfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

// Dir is the directory with the files of the tenants (config.Config.TenantsDir).
type Dir struct {
	// Path is the directory. It must exist.
	Path string
	// Known reports whether a dialect exists.
	Known configfile.Idps
}

// ErrNoTenant reports that no file of the directory has the tenant.
var ErrNoTenant = errors.New("there is no such tenant")

// NotWritableError reports that a file could not be written because the directory or its file
// system does not allow it, such as a mounted ConfigMap. Nothing was changed.
type NotWritableError struct {
	// Path is the file that would have been written.
	Path string
	// Content is what it would have: nil if the file would have been removed. It is a secret if the
	// file is one.
	Content []byte
	// Err is what the operating system said.
	Err error
}

// Error says which file cannot be written, and why.
func (e *NotWritableError) Error() string {
	return fmt.Sprintf("%s cannot be written here (%s)", e.Path, errno(e.Err))
}

// Unwrap returns what the operating system said.
func (e *NotWritableError) Unwrap() error { return e.Err }

// List returns the files of all tenants, in the order of their names. Files with problems are among
// them.
func (d Dir) List() ([]configfile.TenantFile, error) { return configfile.ReadTenants(d.Path, d.Known) }

// Find returns the file of a tenant, which may have problems. The error is ErrNoTenant, one that
// names both files if two have the tenant, or that of reading the directory.
func (d Dir) Find(tenant string) (configfile.TenantFile, error) {
	files, err := d.List()
	if err != nil {
		return configfile.TenantFile{}, err
	}
	files = slices.DeleteFunc(files, func(f configfile.TenantFile) bool { return f.Tenant.Tenant != tenant })
	switch len(files) {
	case 0:
		return configfile.TenantFile{}, fmt.Errorf("%w %q in %s", ErrNoTenant, tenant, d.Path)
	case 1:
		return files[0], nil
	}
	return configfile.TenantFile{}, fmt.Errorf("two files have the tenant %q: %s and %s: remove one of them", tenant, files[0].Path, files[1].Path)
}

// Check returns the problems that Create would report for the file of a new tenant, without those
// of a secret or key that is not there yet. It writes nothing.
func (d Dir) Check(t config.Tenant) error {
	path := d.file(t.Tenant)
	read, err := configfile.CheckTenant(path, []byte(newFile(t)), d.Known)
	if err != nil {
		return err
	}
	problems := slices.DeleteFunc(read.Problems, func(p configfile.Problem) bool {
		return p.Path == "serviceAccount.secretFile" || p.Path == "serviceAccount.keyFile"
	})
	if len(problems) > 0 {
		problems.Sort()
		return problems
	}
	return nil
}

// Create writes the file of a new tenant, NAME.yaml with the mode 0644 or less, and returns its
// path. It has only the keys that differ from their defaults, with comments. Nothing is
// overwritten. A secret file that the tenant names must be there before. The error is
// configfile.Problems if the proxy would not serve the tenant, or NotWritableError.
func (d Dir) Create(ctx context.Context, t config.Tenant) (path string, err error) {
	path = d.file(t.Tenant)
	err = d.locked(ctx, func(w writer) error {
		switch _, err := os.Lstat(path); {
		case err == nil:
			return fmt.Errorf("%s is there already: remove it, or choose another name", path)
		case !errors.Is(err, os.ErrNotExist):
			return err
		}
		text := []byte(newFile(t))
		read, err := configfile.CheckTenant(path, text, d.Known)
		if err != nil {
			return err
		}
		if len(read.Problems) > 0 {
			read.Problems.Sort()
			return read.Problems
		}
		if newFile(read.Tenant) != newFile(d.resolved(t)) {
			return errors.New("a value of the tenant has characters that cannot be written to its file")
		}
		return w.replace(path, text, tenantMode)
	})
	return path, err
}

// file is the file of a new tenant. It is in the directory even if the name is not that of a
// tenant, which the validation refuses.
func (d Dir) file(tenant string) string {
	return filepath.Join(d.Path, filepath.Base(filepath.Clean("/"+tenant))+".yaml")
}

// resolved has the path of the secret as it is read.
func (d Dir) resolved(t config.Tenant) config.Tenant {
	for _, f := range []*string{&t.ServiceAccount.SecretFile, &t.ServiceAccount.KeyFile} {
		if *f != "" && !filepath.IsAbs(*f) {
			*f = filepath.Join(d.Path, *f)
		}
	}
	return t
}

// Edit changes the file of a tenant, whose path is as List returns it: all changes or none. The
// error is that of a change, configfile.Problems if the change adds a problem, or NotWritableError.
func (d Dir) Edit(ctx context.Context, path string, changes ...Change) error {
	return d.Decide(ctx, path, func(config.Tenant) ([]Change, error) { return changes, nil })
}

// Decide changes the file of a tenant as Edit does. The changes are decided by what the file says
// while no other process changes it.
func (d Dir) Decide(ctx context.Context, path string, decide func(config.Tenant) ([]Change, error)) error {
	return d.locked(ctx, func(w writer) error {
		before, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		old, err := configfile.CheckTenant(path, before, d.Known)
		if err != nil {
			return err
		}
		changes, err := decide(old.Tenant)
		if err != nil {
			return err
		}
		text, now := before, old
		for _, change := range changes {
			if text, err = change(text, now.Tenant); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if now, err = configfile.CheckTenant(path, text, d.Known); err != nil {
				return err
			}
		}
		if added := newProblems(old.Problems, now.Problems); len(added) > 0 {
			return added
		}
		return w.replace(path, text, tenantMode)
	})
}

// index is not compared: a change may move an element of a list.
var index = regexp.MustCompile(`\[\d+\]`)

// newProblems are those that were not there before. A file that is bad for another reason, such as
// a secret that only the server has, can be changed: a token must be revocable there too.
func newProblems(before, after configfile.Problems) configfile.Problems {
	added := slices.DeleteFunc(slices.Clone(after), func(p configfile.Problem) bool {
		return slices.ContainsFunc(before, func(b configfile.Problem) bool {
			return b.Message == p.Message && index.ReplaceAllString(b.Path, "[]") == index.ReplaceAllString(p.Path, "[]")
		})
	})
	added.Sort()
	return added
}

// Remove removes a file. A file that is gone already is fine.
func (d Dir) Remove(ctx context.Context, path string) error {
	return d.locked(ctx, func(w writer) error { return w.remove(path) })
}

// WriteSecret writes a secret to a file, at once: the file has the old or the new secret. A
// relative path begins in the directory. A new file has the mode 0600. A file that is there is
// replaced, and keeps what its group may do with it.
func (d Dir) WriteSecret(ctx context.Context, path, secret string) error {
	if !filepath.IsAbs(path) {
		path = filepath.Join(d.Path, path)
	}
	if strings.TrimSpace(secret) == "" {
		return errors.New("the secret is empty")
	}
	return d.locked(ctx, func(w writer) error { return w.replace(path, []byte(secret+"\n"), secretMode) })
}

const (
	// lockName is hidden, so that the proxy does not read it.
	lockName = ".lock"
	// lockWait is longer than any change takes.
	lockWait  = 10 * time.Second
	lockRetry = 20 * time.Millisecond
)

// locked runs fn while no other process changes files of the directory. If the lock cannot be
// written, fn runs with a writer that only reports what it would have written.
func (d Dir) locked(ctx context.Context, fn func(writer) error) error {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := flock.New(filepath.Join(d.Path, lockName), flock.SetPermissions(0o644))
	_, err := l.TryLockContext(ctx, lockRetry)
	switch {
	case err == nil:
		defer func() { _ = l.Close() }()
		return fn(writer{})
	case forbidden(err):
		return fn(writer{forbidden: err})
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("another process has been changing files in %s for %s: wait for its end, and run the command again", d.Path, lockWait)
	}
	return err
}
