package config

// unfinished is a setting that can be written and read, but for which the program does nothing yet.
// It is refused, because accepting it would be misleading, and docs/configuration.md says so. To
// finish one, delete its row and run `go test ./config -update`.
type unfinished struct {
	path string
	says string // follows the path
	used func(*Tenant) bool
}

const notYet = "is not supported yet"

func unfinishedTenant() []unfinished {
	return []unfinished{
		{"state", "staged is not supported yet", func(t *Tenant) bool { return t.State == "staged" }},
		{"requiredAttributes", notYet, func(t *Tenant) bool { return len(t.RequiredAttributes) > 0 }},
		{"rate", notYet, func(t *Tenant) bool { return t.Rate != nil }},
	}
}

func refuseUnfinished(d document, said *Tenant) {
	for _, u := range unfinishedTenant() {
		if u.used(said) {
			d.Wrong(u.path, u.says)
		}
	}
}
