package helm_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

const (
	chartDir = "keycloak-scim-proxy"
	// kubernetes is the release that the manifests are for.
	kubernetes = "v1.34.0"
)

// manifest is one object that the chart renders.
type manifest struct {
	kind, name string
	text       []byte
	object     any // of the Kubernetes type
}

func loadChart(t *testing.T, dir string) *chart.Chart {
	t.Helper()
	c, err := loader.LoadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ciFiles returns the files of values that the chart is tested with, by name.
func ciFiles(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(chartDir, "ci", "*-values.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files of values", err)
	}
	out := map[string]map[string]any{}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), "-values.yaml")] = readValues(t, string(content))
	}
	return out
}

// readValues reads values as `helm install -f` does.
func readValues(t *testing.T, text string) map[string]any {
	t.Helper()
	v, err := loader.LoadValues(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// render returns the files of a release named scim in the namespace iam.
func render(c *chart.Chart, values map[string]any) (map[string]string, error) {
	capabilities := common.DefaultCapabilities.Copy()
	version, err := common.ParseKubeVersion(kubernetes)
	if err != nil {
		return nil, err
	}
	capabilities.KubeVersion = *version
	release := common.ReleaseOptions{Name: "scim", Namespace: "iam", Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(c, values, release, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{}.RenderWithContext(context.Background(), c, all)
}

var separator = regexp.MustCompile(`(?m)^---\n`)

// manifests renders the chart and decodes every object strictly.
func manifests(t *testing.T, values map[string]any) []manifest {
	t.Helper()
	files, err := render(loadChart(t, chartDir), values)
	if err != nil {
		t.Fatal(err)
	}
	var out []manifest
	for _, name := range slices.Sorted(keys(files)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			continue
		}
		for _, text := range separator.Split(files[name], -1) {
			if m, ok := decode(t, name, []byte(text)); ok {
				out = append(out, m)
			}
		}
	}
	return out
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// decode reads a manifest into its Kubernetes type: an unknown or repeated field is an error. It is
// false for a text without content.
func decode(t *testing.T, file string, text []byte) (manifest, bool) {
	t.Helper()
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		t.Fatalf("%s: %v\n%s", file, err, text)
	}
	if head.Kind == "" {
		if rest := bytes.TrimSpace(regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAll(text, nil)); len(rest) > 0 {
			t.Errorf("%s: no kind: %s", file, rest)
		}
		return manifest{}, false
	}
	empty, ok := types()[head.APIVersion+" "+head.Kind]
	if !ok {
		t.Fatalf("%s: there is no type for %s %s", file, head.APIVersion, head.Kind)
	}
	if err := yaml.UnmarshalStrict(text, empty); err != nil {
		t.Errorf("%s: %s %s: %v", file, head.Kind, head.Metadata.Name, err)
	}
	if len(head.Metadata.Name) > 63 {
		t.Errorf("%s: the name %s has more than 63 characters", file, head.Metadata.Name)
	}
	return manifest{head.Kind, head.Metadata.Name, text, empty}, true
}

// find returns the objects of a type.
func find[T any](all []manifest) (found []T) {
	for _, m := range all {
		if o, ok := m.object.(T); ok {
			found = append(found, o)
		}
	}
	return found
}

// one returns the object of a type, of which there must be one.
func one[T any](t *testing.T, all []manifest) T {
	t.Helper()
	found := find[T](all)
	if len(found) != 1 {
		t.Fatalf("%d objects of %s", len(found), fmt.Sprintf("%T", *new(T)))
	}
	return found[0]
}
