package configfile

import (
	"cmp"
	"path/filepath"
	"strings"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/value"
)

// Load reads the main file and the files of its tenants. The error is Problems: everything that is
// wrong.
func Load(file string, known Idps) (*config.Config, error) {
	c, problems := LoadMain(file)
	if c.TenantsDir != "" && !mixed(file, c) && value.Directory(c.TenantsDir) == "" {
		files, _ := ReadTenants(c.TenantsDir, known) // a directory that cannot be read has an error already
		RequirePublicURL(files, c.PublicURL)
		tenants, wrong := good(files)
		c.Tenants, problems = tenants, append(problems, wrong...)
	}
	if len(problems) > 0 {
		problems.Sort()
		return nil, problems
	}
	return c, nil
}

// LoadMain reads the main file without its tenants. With problems it returns what could be read, so
// that a command that needs a few values can work where a secret of the server is missing.
func LoadMain(file string) (*config.Config, Problems) {
	c := config.Default()
	d, ok := readFile(file, &c)
	if ok {
		resolve(filepath.Dir(file), paths(&c)...)
		c.PublicURL, c.Keycloak.URL = strings.TrimSuffix(c.PublicURL, "/"), strings.TrimSuffix(c.Keycloak.URL, "/")
		d.validate(&c)
	}
	if mixed(file, &c) {
		d.Wrong("tenantsDir", "must not be the directory of this file, which is not a tenant")
	}
	return &c, d.Problems
}

// mixed reports whether the main file is in the directory of its tenants.
func mixed(file string, c *config.Config) bool {
	return c.TenantsDir != "" && filepath.Clean(c.TenantsDir) == filepath.Dir(file)
}

// LoadTenants reads all tenants of a directory, in the order of their files. It returns the good
// files even if others are bad.
func LoadTenants(dir string, known Idps) ([]config.Tenant, Problems) {
	files, err := ReadTenants(dir, known)
	if err != nil {
		return nil, Problems{{File: dir, Message: cmp.Or(value.Directory(dir), value.Reason(err))}}
	}
	return good(files)
}

// good returns the tenants of the good files, and the problems of the bad ones.
func good(files []TenantFile) (tenants []config.Tenant, problems Problems) {
	for _, f := range files {
		f.Tenant.File = f.Path
		if problems = append(problems, f.Problems...); len(f.Problems) == 0 {
			tenants = append(tenants, f.Tenant)
		}
	}
	problems.Sort()
	return tenants, problems
}

// RequirePublicURL adds a problem to the files whose tenants need a public URL, if there is none.
func RequirePublicURL(files []TenantFile, publicURL string) {
	for i, f := range files {
		if f.Tenant.OAuth != nil && publicURL == "" {
			files[i].Problems = append(f.Problems, Problem{File: f.Path, Path: "oauth", Message: "needs publicURL in the main file: the URL of the tenant is the audience of tokens"})
		}
	}
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
func paths(c *config.Config) []*string {
	all := []*string{&c.Keycloak.CAFile, &c.Keycloak.CertFile, &c.Keycloak.KeyFile, &c.TenantsDir, &c.Console.SignIn.SecretFile}
	all = append(all, guardPaths(&c.Guard)...)
	if t := c.TLS; t != nil {
		all = append(all, &t.CertFile, &t.KeyFile, &t.ClientCAFile)
	}
	if a := c.Audit; a != nil && !a.Stream() {
		all = append(all, &a.File)
	}
	if e := c.Events; e != nil {
		all = append(all, eventPaths(e)...)
	}
	if e := c.Store.Embedded; e != nil {
		all = append(all, &e.Path)
	}
	if r := c.Store.Redis; r != nil {
		all = append(all, &r.PasswordFile)
		if t := r.TLS; t != nil {
			all = append(all, &t.CAFile, &t.CertFile, &t.KeyFile)
		}
		if s := r.Sentinel; s != nil {
			all = append(all, &s.PasswordFile)
			if t := s.TLS; t != nil {
				all = append(all, &t.CAFile, &t.CertFile, &t.KeyFile)
			}
		}
	}
	if e := c.Store.Encryption; e != nil {
		for i := range e.KeyFiles {
			all = append(all, &e.KeyFiles[i])
		}
	}
	return all
}
