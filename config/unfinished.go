package config

// unfinished is a key that can be written and read, for which the program does nothing yet. A setting that does nothing would be a lie, so it is
// refused, and docs/configuration.md says so. Whoever finishes one deletes its row and runs `go test ./config -update`.
type unfinished[T any] struct {
	path string
	says string // follows the path
	used func(*T) bool
}

const notYet = "is not supported yet"

func unfinishedConfig() []unfinished[Config] {
	return []unfinished[Config]{
		{"tls", notYet, func(c *Config) bool { return c.TLS != nil }},
		{"timeouts", notYet, func(c *Config) bool { return c.Timeouts != Default().Timeouts }},
		{"log", notYet, func(c *Config) bool { return c.Log != Default().Log }},
	}
}

func unfinishedTenant() []unfinished[Tenant] {
	return []unfinished[Tenant]{
		{"group", notYet, func(t *Tenant) bool { return t.Group != "" }},
		{"organization", notYet, func(t *Tenant) bool { return t.Organization != "" }},
		{"state", "staged is not supported yet", func(t *Tenant) bool { return t.State == "staged" }},
		{"requiredAttributes", notYet, func(t *Tenant) bool { return len(t.RequiredAttributes) > 0 }},
		{"onDelete", "deactivate and detach are not supported yet", func(t *Tenant) bool { return t.OnDelete == "deactivate" || t.OnDelete == "detach" }},
		{"rate", notYet, func(t *Tenant) bool { return t.Rate != nil }},
	}
}

func refuseUnfinished[T any](d *document, said *T, table []unfinished[T]) {
	for _, u := range table {
		if u.used(said) {
			d.wrong(u.path, u.says)
		}
	}
}
