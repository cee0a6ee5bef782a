package config

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"keycloak-scim-proxy/config/internal/value"
)

// Load reads the main file and the files of its tenants. The error is Problems: everything that is
// wrong.
func Load(file string, known Idps) (*Config, error) {
	c := Default()
	d, ok := readFile(file, &c)
	if ok {
		resolve(filepath.Dir(file), c.paths()...)
		c.PublicURL, c.Keycloak.URL = trimURL(c.PublicURL), trimURL(c.Keycloak.URL)
		d.validate(&c)
	}
	mixed := c.TenantsDir != "" && filepath.Clean(c.TenantsDir) == filepath.Dir(file)
	if mixed {
		d.Wrong("tenantsDir", "must not be the directory of this file, which is not a tenant")
	}
	problems := d.Problems
	if c.TenantsDir != "" && !mixed && value.Directory(c.TenantsDir) == "" {
		tenants, wrong := LoadTenants(c.TenantsDir, known)
		c.Tenants, problems = tenants, append(problems, wrong...)
	}
	if len(problems) > 0 {
		problems.Sort()
		return nil, problems
	}
	return &c, nil
}

// LoadTenants reads all tenants of a directory, in the order of their files. It returns the good
// files even if others are bad. Two files with the same tenant are both bad, because it is unknown
// which one is right. Two tenants of a whole realm are both bad unless both say that they share it.
func LoadTenants(dir string, known Idps) ([]Tenant, Problems) {
	files, err := tenantFiles(dir)
	if err != nil {
		return nil, Problems{{File: dir, Message: cmp.Or(value.Directory(dir), value.Reason(err))}}
	}
	named := map[string]document{}
	var all []Tenant
	var documents []document
	for _, file := range files {
		t := DefaultTenant()
		d, ok := readFile(file, &t)
		if ok {
			resolve(dir, &t.ServiceAccount.SecretFile, &t.ServiceAccount.KeyFile)
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
	var good []Tenant
	var problems Problems
	for i, d := range documents {
		if problems = append(problems, d.Problems...); len(d.Problems) == 0 {
			good = append(good, all[i])
		}
	}
	problems.Sort()
	return good, problems
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

// resolve makes paths relative to the file that names them.
func resolve(dir string, paths ...*string) {
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// paths returns all values that name a file or directory.
func (c *Config) paths() []*string {
	all := []*string{&c.Keycloak.CAFile, &c.TenantsDir}
	if t := c.TLS; t != nil {
		all = append(all, &t.CertFile, &t.KeyFile)
	}
	if e := c.Store.Embedded; e != nil {
		all = append(all, &e.Path)
	}
	if r := c.Store.Redis; r != nil {
		all = append(all, &r.PasswordFile)
		if t := r.TLS; t != nil {
			all = append(all, &t.CAFile, &t.CertFile, &t.KeyFile)
		}
	}
	if e := c.Store.Encryption; e != nil {
		for i := range e.KeyFiles {
			all = append(all, &e.KeyFiles[i])
		}
	}
	return all
}
