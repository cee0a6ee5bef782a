// Command vulncheck runs govulncheck with the reports of the module golang.org/x/vulndb, because
// not every machine reaches vuln.go.dev. It fails if the program calls something vulnerable in a
// module, which go.mod can mend. Vulnerabilities of the Go release that compiles the program are
// only printed: another release mends them. If there is no database, it says so and does not fail.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	version := flag.String("vulndb", "latest", "version of golang.org/x/vulndb")
	source := flag.String("source", "..", "directory of the module that is checked")
	flag.Parse()
	if err := run(ctx, *version, *source); err != nil {
		fmt.Fprintln(os.Stderr, "vulncheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, version, source string) error {
	dir, err := os.MkdirTemp("", "vulndb")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	version, err = database(ctx, version, dir)
	if err != nil {
		fmt.Println("vulncheck: nothing was checked:", err)
		return nil
	}
	c := exec.CommandContext(ctx, "go", "tool", "govulncheck", "-C", source, "-db", "file://"+filepath.ToSlash(dir), "-format", "json", "./...")
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	called, wrong := read(out)
	if err := errors.Join(wrong, c.Wait()); err != nil {
		return fmt.Errorf("govulncheck: %w", err)
	}
	return judge(os.Stdout, called, version)
}

// finding is a vulnerable function that the program calls.
type finding struct{ osv, module, version, fixed string }

// read returns the findings in the output of govulncheck, each once. A report without a function is
// of a package that the program imports but does not call, and is left out.
func read(r io.Reader) ([]finding, error) {
	var all []finding
	for d := json.NewDecoder(r); ; {
		var message struct {
			Finding *struct {
				OSV   string `json:"osv"`
				Fixed string `json:"fixed_version"`
				Trace []struct {
					Module   string `json:"module"`
					Version  string `json:"version"`
					Function string `json:"function"`
				} `json:"trace"`
			} `json:"finding"`
		}
		if err := d.Decode(&message); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return all, err
		}
		m := message.Finding
		if m == nil || len(m.Trace) == 0 || m.Trace[0].Function == "" {
			continue
		}
		f := finding{m.OSV, m.Trace[0].Module, m.Trace[0].Version, m.Fixed}
		if !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
}

// judge prints the findings. The error says how many are in modules.
func judge(w io.Writer, called []finding, version string) error {
	modules := 0
	for _, f := range called {
		fixed := "not fixed"
		if f.fixed != "" {
			fixed = "fixed in " + f.fixed
		}
		fmt.Fprintf(w, "https://pkg.go.dev/vuln/%s: the program calls %s %s, %s\n", f.osv, f.module, f.version, fixed)
		if f.module != "stdlib" {
			modules++
		}
	}
	fmt.Fprintf(w, "vulncheck: %d vulnerabilities of modules, %d of the Go release, by golang.org/x/vulndb %s\n", modules, len(called)-modules, version)
	if modules > 0 {
		return fmt.Errorf("%d vulnerabilities of modules: update them in go.mod", modules)
	}
	return nil
}
