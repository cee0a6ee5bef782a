package configfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"keycloak-scim-proxy/config"
)

// TenantFile is the file of one tenant as it was read.
type TenantFile struct {
	// Path is the name of the file.
	Path string
	// Tenant is what the file says, with the defaults of absent keys. If there are problems, it is
	// what could be read, and its name may be empty.
	Tenant config.Tenant
	// Problems are those of this file, in no order. A tenant with problems is not served.
	Problems Problems
}

// ReadTenants reads all files of a directory of tenants, in their order, good and bad ones. Two
// files with the same tenant are both bad, because it is unknown which one is right. Two tenants of
// a whole realm are both bad unless both say that they share it. The error says why the directory
// cannot be read.
func ReadTenants(dir string, known Idps) ([]TenantFile, error) {
	names, err := tenantFiles(dir)
	if err != nil {
		return nil, err
	}
	return readTenants(dir, names, known, readFile), nil
}

// CheckTenant reads bytes as the file of a tenant, as if the file had this content, or was there
// with it. The other files of its directory count, but only the problems of this one are returned.
// The error says why the directory cannot be read.
func CheckTenant(path string, content []byte, known Idps) (TenantFile, error) {
	dir := filepath.Dir(path)
	names, err := tenantFiles(dir)
	if err != nil {
		return TenantFile{}, err
	}
	if !slices.Contains(names, path) {
		names = append(names, path)
	}
	files := readTenants(dir, names, known, func(name string, into any) (document, bool) {
		if name == path {
			return readBytes(name, content, into)
		}
		return readFile(name, into)
	})
	return files[slices.Index(names, path)], nil
}

func readTenants(dir string, names []string, known Idps, read func(name string, into any) (document, bool)) []TenantFile {
	named := map[string]document{}
	var all []config.Tenant
	var documents []document
	for _, file := range names {
		t := config.DefaultTenant()
		d, ok := read(file, &t)
		if ok {
			resolve(dir, &t.ServiceAccount.SecretFile, &t.ServiceAccount.KeyFile)
			resolve(dir, guardPaths(t.Guard)...)
			d.validateTenant(&t, known)
		}
		if other, taken := named[t.Tenant]; taken && t.Tenant != "" {
			d.Wrong("tenant", "is the tenant of "+filepath.Base(other.File)+" too")
			other.Wrong("tenant", "is the tenant of "+filepath.Base(file)+" too")
		} else {
			named[t.Tenant] = d
		}
		all, documents = append(all, t), append(documents, d)
	}
	refuseUnshared(all, documents)
	refuseUnconfined(all, documents)
	files := make([]TenantFile, len(names))
	for i, d := range documents {
		files[i] = TenantFile{Path: names[i], Tenant: all[i], Problems: d.Problems}
	}
	return files
}

// tenantFiles ignores hidden entries: a mounted ConfigMap has its files in ..data and links to
// them.
func tenantFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(e.Name())) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}
