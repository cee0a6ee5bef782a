package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func fixture(t *testing.T) options {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(ca, []byte("certificates"), 0o600); err != nil {
		t.Fatal(err)
	}
	return options{version: "v1.2.3", revision: "abc", url: "https://git.example.com/scim", certificates: ca, created: time.Unix(1_800_000_000, 0).UTC()}
}

func built(t *testing.T, o options, binary string) v1.Image {
	t.Helper()
	p, err := build(o, &v1.Platform{OS: "linux", Architecture: "arm64"}, []byte(binary))
	if err != nil {
		t.Fatal(err)
	}
	return p.image
}

func TestConfiguration(t *testing.T) {
	c, err := built(t, fixture(t), "binary").ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c.OS != "linux" || c.Architecture != "arm64" || !c.Created.Equal(time.Unix(1_800_000_000, 0)) {
		t.Errorf("platform %s/%s, created %s", c.OS, c.Architecture, c.Created)
	}
	if c.Config.User != "65532:65532" {
		t.Errorf("user %q: Kubernetes accepts runAsNonRoot only with a number other than 0", c.Config.User)
	}
	if !slices.Equal(c.Config.Entrypoint, []string{"/scim-proxy"}) || !slices.Equal(c.Config.Cmd, []string{"serve"}) {
		t.Errorf("runs %q %q", c.Config.Entrypoint, c.Config.Cmd)
	}
	if len(c.Config.Volumes) != 0 {
		t.Errorf("volumes %v: docker would make an anonymous one for each run, and data would seem lost", c.Config.Volumes)
	}
	for _, label := range []string{"title", "description", "licenses", "version", "revision", "created", "source", "documentation"} {
		if c.Config.Labels["org.opencontainers.image."+label] == "" {
			t.Errorf("no label %s", label)
		}
	}
	if len(c.History) != 2 || len(c.RootFS.DiffIDs) != 2 {
		t.Errorf("%d layers, %d lines of history", len(c.RootFS.DiffIDs), len(c.History))
	}
}

// The same source makes the same digest, so that anyone can check an image.
func TestReproducible(t *testing.T) {
	o := fixture(t)
	digest := func(o options, binary string) string {
		d, err := built(t, o, binary).Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d.String()
	}
	first := digest(o, "binary")
	if again := digest(o, "binary"); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	if other := digest(o, "another"); other == first {
		t.Error("another binary has the same digest")
	}
}

// Everything belongs to root and is read-only for the program, except the directory of its state.
func TestFiles(t *testing.T) {
	var names []string
	for h := range entries(t, built(t, fixture(t), "binary")) {
		names = append(names, h.Name)
		mine := h.Name == "var/lib/scim-proxy/"
		if mine != (h.Uid == user) || mine != (h.Gid == user) || h.Mode&0o022 != 0 {
			t.Errorf("%s belongs to %d:%d, mode %o", h.Name, h.Uid, h.Gid, h.Mode)
		}
	}
	want := []string{
		"etc/", "etc/passwd", "etc/group", "etc/scim-proxy/", "etc/ssl/", "etc/ssl/certs/", "etc/ssl/certs/ca-certificates.crt",
		"var/", "var/lib/", "var/lib/scim-proxy/", "scim-proxy",
	}
	if !slices.Equal(names, want) {
		t.Errorf("files %q", names)
	}
}

// entries yields the files of all layers, in their order.
func entries(t *testing.T, image v1.Image) func(func(*tar.Header, io.Reader) bool) {
	t.Helper()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(*tar.Header, io.Reader) bool) {
		for _, l := range layers {
			r, err := l.Uncompressed()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for tr := tar.NewReader(r); ; {
				h, err := tr.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if !yield(h, tr) {
					return
				}
			}
		}
	}
}

// The last stage of deploy/Dockerfile must say the same as configuration.
func TestDockerfile(t *testing.T) {
	content, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(content), "\\\n", " ")
	_, last, found := strings.Cut(text, "\nFROM scratch\n")
	if !found {
		t.Fatal("the last stage is not FROM scratch")
	}
	said := map[string]string{}
	for line := range strings.Lines(last) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		said[name] += strings.Join(strings.Fields(value), " ")
	}
	c := configuration(options{created: time.Unix(0, 0)})
	want := map[string]string{
		"USER": c.User, "WORKDIR": c.WorkingDir, "ENV": strings.Join(c.Env, " "), "EXPOSE": "8080 9090",
		"ENTRYPOINT": fmt.Sprintf("[%q]", c.Entrypoint[0]), "CMD": fmt.Sprintf("[%q]", c.Cmd[0]),
	}
	for name, value := range want {
		if said[name] != value {
			t.Errorf("%s is %q, but make image has %q", name, said[name], value)
		}
	}
	for label, value := range c.Labels {
		if !strings.Contains(said["LABEL"], label+"=") || !strings.HasPrefix(value, "0") && value != "" && value != "1970-01-01T00:00:00Z" && !strings.Contains(said["LABEL"], fmt.Sprintf("%s=%q", label, value)) {
			t.Errorf("LABEL lacks %s=%q", label, value)
		}
	}
	for _, f := range base(nil) {
		if text := strings.Trim(fmt.Sprintf("%q", f.content), `"`); len(f.content) > 0 && !strings.Contains(string(content), text) {
			t.Errorf("%s is not as in make image: %s", f.name, text)
		}
	}
}
