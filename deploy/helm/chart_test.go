package helm_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
)

var update = flag.Bool("update", false, "write values.schema.json, the goldens and the snippets")

func TestLint(t *testing.T) {
	version, err := common.ParseKubeVersion(kubernetes)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range ciFiles(t) {
		for _, m := range lint.RunAll(chartDir, values, "iam", lint.WithKubeVersion(version)).Messages {
			if m.Severity > support.InfoSev {
				t.Errorf("%s: %s", name, m)
			}
		}
	}
}

// Each file of values renders what testdata has. After an intended change, run the test with
// -update and read the difference.
func TestGolden(t *testing.T) {
	wanted := map[string]bool{}
	for name, values := range ciFiles(t) {
		var got bytes.Buffer
		for _, m := range manifests(t, values) {
			got.WriteString("---\n" + strings.TrimSpace(string(m.text)) + "\n")
		}
		golden(t, filepath.Join("testdata", "golden", name+".yaml"), got.Bytes())
		wanted[name+".yaml"] = true
	}
	files, err := os.ReadDir("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !wanted[f.Name()] {
			t.Errorf("testdata/golden/%s belongs to no file of ci", f.Name())
		}
	}
}

// golden compares a file with what it should have. With -update it writes the file.
func golden(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is old, run go test ./helm -update\n%s", file, diff)
	}
}

// Every value of values.yaml is used by a template, and set by a file of ci or left at its default
// knowingly: the top-level keys are all in a template.
func TestValuesAreUsed(t *testing.T) {
	c := loadChart(t, chartDir)
	var text strings.Builder
	for _, f := range c.Templates {
		text.Write(f.Data)
	}
	for _, key := range slices.Sorted(keys(c.Values)) {
		if !strings.Contains(text.String(), "Values."+key) && !strings.Contains(text.String(), "$v."+key) {
			t.Errorf("no template uses %s", key)
		}
	}
}
