package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	var platforms string
	flag.StringVar(&o.source, "source", "..", "directory of the program's module")
	flag.StringVar(&o.out, "out", "../bin/image", "directory of the OCI layout; it is replaced")
	flag.StringVar(&o.version, "version", "dev", "version of the program")
	flag.StringVar(&o.revision, "revision", "", "commit that is built")
	flag.StringVar(&o.url, "url", "", "address of the source repository")
	flag.StringVar(&o.certificates, "ca", "/etc/ssl/certs/ca-certificates.crt", "certificates that the program trusts, in PEM")
	flag.StringVar(&platforms, "platforms", "linux/amd64,linux/arm64", "systems and architectures, separated by commas")
	epoch := flag.String("epoch", os.Getenv("SOURCE_DATE_EPOCH"), "time of creation, in seconds since 1970")
	flag.Parse()
	if err := run(ctx, o, platforms, *epoch); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

type options struct {
	source, out, version, revision, url, certificates string
	created                                           time.Time
}

func run(ctx context.Context, o options, platforms, epoch string) error {
	seconds, err := strconv.ParseInt("0"+epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("-epoch must be a number of seconds: %w", err)
	}
	o.created = time.Unix(seconds, 0).UTC()
	if o.certificates, err = filepath.Abs(o.certificates); err != nil {
		return err
	}
	var index []platformImage
	for name := range strings.SplitSeq(platforms, ",") {
		p, err := v1.ParsePlatform(name)
		if err != nil {
			return err
		}
		binary, err := o.compile(ctx, p)
		if err != nil {
			return err
		}
		built, err := build(o, p, binary)
		if err != nil {
			return err
		}
		index = append(index, built)
	}
	return write(o.out, index)
}

// compile returns the static binary for a platform.
func (o options) compile(ctx context.Context, p *v1.Platform) ([]byte, error) {
	dir, err := os.MkdirTemp("", "scim-proxy-image")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "scim-proxy")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+o.version, "-o", file, "./cmd/scim-proxy")
	c.Dir, c.Stderr = o.source, os.Stderr
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.OS, "GOARCH="+p.Architecture)
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("go build for %s: %w", p, err)
	}
	return os.ReadFile(file)
}

// write replaces the OCI layout at dir. It keeps the old one if the new one cannot be written.
func write(dir string, images []platformImage) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "image")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	path, err := layout.Write(fresh, empty.Index)
	if err != nil {
		return err
	}
	for _, i := range images {
		if err := path.AppendImage(i.image, layout.WithPlatform(*i.platform)); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(fresh, dir)
}
