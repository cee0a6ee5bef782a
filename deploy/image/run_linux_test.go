package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// The largest sizes of an image, in bytes: as a node pulls it, and as it keeps it.
const (
	maxPulled = 30_000_000
	maxKept   = 40_000_000
)

// The images of both architectures are complete, small and static, and the one of this machine runs
// in its own file system without root's rights.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the program for two architectures")
	}
	o := fixture(t)
	o.source, o.out = "../..", filepath.Join(t.TempDir(), "layout")
	if err := run(t.Context(), o, "linux/amd64,linux/arm64", "1800000000"); err != nil {
		t.Fatal(err)
	}
	index, err := layout.ImageIndexFromPath(o.out)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	for _, d := range manifest.Manifests {
		image, err := index.Image(d.Digest)
		if err != nil {
			t.Fatal(err)
		}
		root := unpack(t, image)
		pulled := int64(0)
		layers, err := image.Layers()
		for _, l := range layers {
			size, e := l.Size()
			pulled, err = pulled+size, errors.Join(err, e)
		}
		if err != nil || pulled > maxPulled {
			t.Errorf("%d bytes to pull, above %d: %v", pulled, maxPulled, err)
		}
		t.Logf("%d bytes to pull", pulled)
		binary, err := elf.Open(filepath.Join(root, "scim-proxy"))
		if err != nil {
			t.Fatal(err)
		}
		if binary.Machine != machines[d.Platform.Architecture] {
			t.Errorf("%s: a binary for %s", d.Platform, binary.Machine)
		}
		if libraries, err := binary.ImportedLibraries(); err != nil || len(libraries) > 0 || binary.Section(".interp") != nil {
			t.Errorf("%s: the binary is not static: %v %v", d.Platform, libraries, err)
		}
		delete(machines, d.Platform.Architecture)
		if d.Platform.Architecture == runtime.GOARCH && runtime.GOOS == "linux" {
			serve(t, root, image)
		}
	}
	if len(machines) > 0 {
		t.Errorf("no image for %v", machines)
	}
}

// unpack writes the files of an image below a directory, checks their size, and returns it.
func unpack(t *testing.T, image v1.Image) string {
	t.Helper()
	root, size := t.TempDir(), int64(0)
	for h, content := range entries(t, image) {
		name := filepath.Join(root, h.Name)
		var err error
		if strings.HasSuffix(h.Name, "/") {
			err = os.MkdirAll(name, 0o755)
		} else {
			var b []byte
			if b, err = io.ReadAll(content); err == nil {
				err = os.WriteFile(name, b, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		size += h.Size
		if os.Getuid() == 0 {
			if err := os.Chown(name, h.Uid, h.Gid); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(name, h.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d bytes", size)
	if size > maxKept {
		t.Errorf("%d bytes, above %d", size, maxKept)
	}
	return root
}

// serve starts the program as a container runtime would: its own root, user and environment.
func serve(t *testing.T, root string, image v1.Image) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Log("only root can change the root directory: the image was not started")
		return
	}
	for dir := root; dir != "/"; dir = filepath.Dir(dir) { // t.TempDir is closed to others
		if err := os.Chmod(dir, 0o755|os.ModeSticky); dir == os.TempDir() || err != nil {
			break
		}
	}
	c, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Config.Entrypoint[0], "serve", "--keycloak", "http://127.0.0.1:1", "--listen", "127.0.0.1:0")
	cmd.Env, cmd.Dir = c.Config.Env, c.Config.WorkingDir
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	for lines := bufio.NewScanner(log); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), `"serving"`) {
			cancel()
		}
	}
	if err := cmd.Wait(); ctx.Err() == nil || cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("the program did not serve: %v\n%s", err, &said)
	}
}
