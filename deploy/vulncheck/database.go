package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// database downloads golang.org/x/vulndb and lays it out below a directory. It returns the version.
func database(ctx context.Context, version, out string) (string, error) {
	c := exec.CommandContext(ctx, "go", "mod", "download", "-json", "golang.org/x/vulndb@"+version)
	c.Env, c.Dir = append(os.Environ(), "GOFLAGS=-mod=mod"), os.TempDir()
	answer, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("golang.org/x/vulndb@%s cannot be downloaded: %w", version, err)
	}
	var module struct{ Dir, Version string }
	if err := json.Unmarshal(answer, &module); err != nil {
		return "", err
	}
	_, err = lay(filepath.Join(module.Dir, "data", "osv"), out)
	return module.Version, err
}

// report is the part of an OSV entry that the index has.
type report struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Aliases  []string  `json:"aliases"`
	Affected []struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
	} `json:"affected"`
}

// entry is a report in the index.
type entry struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Aliases  []string  `json:"aliases,omitempty"`
}

type module struct {
	Path  string  `json:"path"`
	Vulns []entry `json:"vulns"`
}

// lay writes the database of the reports in a directory (https://go.dev/doc/security/vuln/database),
// and returns how many there are.
func lay(reports, out string) (int, error) {
	files, err := filepath.Glob(filepath.Join(reports, "GO-*.json"))
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, fmt.Errorf("%s has no reports", reports)
	}
	if err := os.RemoveAll(out); err != nil {
		return 0, err
	}
	modules, vulns := map[string][]entry{}, []entry{}
	var modified time.Time
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		var r report
		if err := json.Unmarshal(text, &r); err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		if r.Modified.After(modified) {
			modified = r.Modified
		}
		r.addTo(modules)
		vulns = append(vulns, entry{ID: r.ID, Modified: r.Modified, Aliases: r.Aliases})
		if err := write(filepath.Join(out, "ID", r.ID+".json"), json.RawMessage(text)); err != nil {
			return 0, err
		}
	}
	var index []module
	for path, entries := range modules {
		index = append(index, module{path, entries})
	}
	slices.SortFunc(index, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	for name, value := range map[string]any{"db": map[string]any{"modified": modified}, "modules": index, "vulns": vulns} {
		if err := write(filepath.Join(out, "index", name+".json"), value); err != nil {
			return 0, err
		}
	}
	return len(files), nil
}

// addTo adds the report to each module that it affects. The index may also say in which version a
// report is fixed; without that govulncheck reads the report itself.
func (r report) addTo(modules map[string][]entry) {
	for _, a := range r.Affected {
		path := a.Package.Name
		if at := len(modules[path]) - 1; at < 0 || modules[path][at].ID != r.ID {
			modules[path] = append(modules[path], entry{ID: r.ID, Modified: r.Modified})
		}
	}
}

func write(file string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
