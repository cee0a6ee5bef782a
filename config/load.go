package config

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Load reads the main file and the tenants it names. The error is Problems: everything that is wrong.
func Load(file string, known Idps) (*Config, error) {
	c := Default()
	d := readFile(file, &c)
	if len(d.positions) > 0 {
		resolve(filepath.Dir(file), &c.Keycloak.CAFile, &c.TenantsDir)
		resolveStore(filepath.Dir(file), &c.Store)
		c.PublicURL, c.Keycloak.URL = strings.TrimSuffix(c.PublicURL, "/"), strings.TrimSuffix(c.Keycloak.URL, "/")
		d.validate(&c)
	}
	problems := d.problems
	if c.TenantsDir != "" {
		tenants, wrong := LoadTenants(c.TenantsDir, known)
		for _, p := range wrong {
			if p.File == c.TenantsDir {
				d.problems = nil
				d.wrong("tenantsDir", p.Message)
				p = d.problems[0]
			}
			problems = append(problems, p)
		}
		c.Tenants = tenants
	}
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b Problem) int {
			return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, problems
	}
	return &c, nil
}

// LoadTenants reads all tenants of a directory. Good files are returned even where others are bad.
func LoadTenants(dir string, known Idps) ([]Tenant, Problems) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, Problems{{File: dir, Message: "there is no such directory"}}
	}
	var all []Tenant
	var problems Problems
	seen := map[string]string{}
	for _, e := range entries {
		// A mounted ConfigMap keeps its files behind hidden directories.
		if strings.HasPrefix(e.Name(), ".") || !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(e.Name())) {
			continue
		}
		file := filepath.Join(dir, e.Name())
		t := DefaultTenant()
		d := readFile(file, &t)
		if len(d.positions) > 0 {
			resolve(dir, &t.ServiceAccount.SecretFile)
			d.validateTenant(&t, known)
			if other := seen[t.Tenant]; other != "" {
				d.wrong("tenant", "is the name of another tenant, in "+other)
			}
		}
		problems = append(problems, d.problems...)
		if len(d.problems) == 0 {
			seen[t.Tenant] = e.Name()
			all = append(all, t)
		}
	}
	return all, problems
}

// resolve makes paths relative to the file that names them.
func resolve(dir string, paths ...*string) {
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

func resolveStore(dir string, s *Store) {
	if s.Embedded != nil {
		resolve(dir, &s.Embedded.Path)
	}
	if s.Redis != nil {
		resolve(dir, &s.Redis.PasswordFile)
		if t := s.Redis.TLS; t != nil {
			resolve(dir, &t.CAFile, &t.CertFile, &t.KeyFile)
		}
	}
	if s.Encryption != nil {
		for i := range s.Encryption.KeyFiles {
			resolve(dir, &s.Encryption.KeyFiles[i])
		}
	}
}
