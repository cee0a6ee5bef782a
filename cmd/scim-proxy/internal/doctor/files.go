package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/config"
)

// files examines the files that the main file names.
func (d *doctor) files(context.Context) []report.Finding {
	f := &findings{report.Section{Subject: "proxy"}}
	c := d.Config
	var secrets []string
	if c.TLS != nil {
		d.ownCertificate(f, *c.TLS)
		secrets = append(secrets, c.TLS.KeyFile)
	}
	if r := c.Store.Redis; r != nil {
		secrets = append(secrets, r.PasswordFile)
		if r.TLS != nil {
			secrets = append(secrets, r.TLS.KeyFile)
		}
	}
	if e := c.Store.Encryption; e != nil {
		secrets = append(secrets, e.KeyFiles...)
	}
	if s := c.Console.SignIn; c.Console.Enabled && !s.Off {
		secrets = append(secrets, s.SecretFile)
	}
	f.modes("files", secrets...)
	d.passthrough(f)
	return f.All
}

// modes reports files that other users may read or write. Empty names are ignored.
func (f *findings) modes(check string, paths ...string) {
	wide := false
	paths = slices.DeleteFunc(paths, func(path string) bool { return path == "" })
	for _, path := range paths {
		if mode := config.Exposed(path); mode != 0 {
			wide = true
			f.Add(check, report.Warning, fmt.Sprintf("users other than the owner can read or write %s (mode %04o)", path, mode), "restrict it: chmod 600 "+path)
		}
	}
	if len(paths) > 0 && !wide {
		f.OK(check, "only the owner can read %s", strings.Join(paths, ", "))
	}
}

// passthrough warns if the administration of Keycloak is open to the callers of the proxy.
func (d *doctor) passthrough(f *findings) {
	p := d.Config.DropIn.Passthrough
	if p == nil {
		return
	}
	open := []string{}
	for _, path := range config.DefaultPassthrough().Deny {
		if !denied(p.Deny, path) {
			open = append(open, path)
		}
	}
	if len(open) == 0 {
		f.OK("passthrough", "the administration of Keycloak is not forwarded")
		return
	}
	f.Add("passthrough", report.Warning, fmt.Sprintf("dropIn.passthrough forwards %q to Keycloak, for everyone who reaches the proxy", open),
		"add these paths to dropIn.passthrough.deny, unless only administrators reach the proxy")
}

// denied reports whether a path is refused.
func denied(deny []string, path string) bool {
	return slices.ContainsFunc(deny, func(d string) bool {
		return strings.EqualFold(path, d) || strings.HasPrefix(strings.ToLower(path), strings.ToLower(d)+"/")
	})
}

// A disk is worth a warning below one part in scarcePart of it, or below scarceBytes.
const (
	scarcePart  = 20
	scarceBytes = 256 << 20
)

// embeddedFile examines the file of an embedded store.
func (d *doctor) embeddedFile(f *findings, path string) {
	dir := filepath.Dir(path)
	if _, err := os.Stat(path); err == nil {
		f.modes("file", path)
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return // the proxy makes it
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0:
		f.Add("file", report.Warning, fmt.Sprintf("users other than the owner can write the directory %s (mode %04o), and so replace the store", dir, info.Mode().Perm()), "chmod go-w "+dir)
	}
	free, all, err := disk(dir)
	switch {
	case err != nil:
		f.Skip("disk", "the free space of %s is not known: %v", dir, err)
	case free < scarceBytes || free < all/scarcePart:
		f.Add("disk", report.Warning, fmt.Sprintf("the disk of %s has %d of %d MiB free", dir, free>>20, all>>20), "make room, or move the store to a larger disk: without free space every write is 503")
	default:
		f.OK("disk", "the disk of %s has %d of %d MiB free", dir, free>>20, all>>20)
	}
}
