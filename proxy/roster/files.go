package roster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

// file is the file of a tenant, and what runs of it.
type file struct {
	configfile.TenantFile
	before *config.Tenant // nil: the file was not there, or wrong
}

// good reports whether the file can be followed.
func (f *file) good() bool { return len(f.Problems) == 0 }

// read reads the tenants of a directory. A tenant whose file is wrong stays as it runs, and a file
// that contradicts such a tenant is wrong too. If the directory cannot be read, all tenants stay.
func read(dir string, known configfile.Idps, publicURL string, running []config.Tenant) ([]config.Tenant, configfile.Problems) {
	found, err := configfile.ReadTenants(dir, known)
	if err != nil {
		return running, configfile.Problems{{File: dir, Message: "cannot be read: " + reason(err)}}
	}
	configfile.RequirePublicURL(found, publicURL)
	files := make([]*file, len(found))
	for i, f := range found {
		f.Tenant.File = f.Path
		files[i] = &file{TenantFile: f}
		if at := slices.IndexFunc(running, func(t config.Tenant) bool { return t.File == f.Path }); at >= 0 {
			files[i].before = &running[at]
		}
	}
	refuseContradictions(files)
	var tenants []config.Tenant
	var problems configfile.Problems
	for _, f := range files {
		switch problems = append(problems, f.Problems...); {
		case f.good():
			tenants = append(tenants, f.Tenant)
		case f.before != nil:
			tenants = append(tenants, *f.before)
		}
	}
	problems.Sort()
	return tenants, problems
}

func reason(err error) string {
	if os.IsNotExist(err) {
		return "there is no such directory"
	}
	return err.Error()
}

// refuseContradictions reports files that cannot be followed beside tenants that stay as they run.
// The tenant of such a file stays as it runs too, which may contradict the next file.
func refuseContradictions(files []*file) {
	for changed := true; changed; {
		changed = false
		for _, f := range files {
			at := slices.IndexFunc(files, func(stays *file) bool {
				return f.good() && !stays.good() && stays.before != nil && contradict(&f.Tenant, stays.before)
			})
			if at >= 0 {
				f.Problems = configfile.Problems{{File: f.Path, Path: "tenant", Message: "has the name or the place of the tenant of " +
					filepath.Base(files[at].Path) + ", which stays as it was, because its file is wrong"}}
				changed = true
			}
		}
	}
}

// contradict reports whether two tenants cannot run at the same time: they have the same name, or
// the same place, which not both share (as in a directory of good files). Letter case of a place is
// ignored, because databases of Keycloak ignore it.
func contradict(a, b *config.Tenant) bool {
	same := strings.EqualFold(a.Realm, b.Realm) && strings.EqualFold(a.Group, b.Group)
	return a.Tenant == b.Tenant || same && (a.Group != "" || !a.SharedRealm || !b.SharedRealm)
}
