package main

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// user is the user and the group that the program runs as: "nonroot" of distroless images. It is a
// number because Kubernetes cannot tell whether a name is root (runAsNonRoot).
const user = 65532

type platformImage struct {
	platform *v1.Platform
	image    v1.Image
}

// build makes the image of one platform. The same input makes the same digest.
func build(o options, p *v1.Platform, binary []byte) (platformImage, error) {
	certificates, err := os.ReadFile(o.certificates)
	if err != nil {
		return platformImage{}, err
	}
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image = mutate.ConfigMediaType(image, types.OCIConfigJSON)
	for _, l := range []struct {
		says  string
		files []file
	}{
		{"certificates, users and directories", base(certificates)},
		{"scim-proxy", []file{{name: "scim-proxy", mode: 0o755, content: binary}}},
	} {
		layer, err := layerOf(l.files, o.created)
		if err != nil {
			return platformImage{}, err
		}
		history := v1.History{Created: v1.Time{Time: o.created}, CreatedBy: "deploy/image", Comment: l.says}
		image, err = mutate.Append(image, mutate.Addendum{Layer: layer, History: history, MediaType: types.OCILayer})
		if err != nil {
			return platformImage{}, err
		}
	}
	c, err := image.ConfigFile()
	if err != nil {
		return platformImage{}, err
	}
	c = c.DeepCopy()
	c.OS, c.Architecture, c.Variant, c.Created = p.OS, p.Architecture, p.Variant, v1.Time{Time: o.created}
	c.Config = configuration(o)
	image, err = mutate.ConfigFile(image, c)
	return platformImage{p, image}, err
}

// configuration is what the image says about how it runs. deploy/Dockerfile says the same.
func configuration(o options) v1.Config {
	c := v1.Config{
		User:         "65532:65532",
		Entrypoint:   []string{"/scim-proxy"},
		Cmd:          []string{"serve"},
		WorkingDir:   "/etc/scim-proxy",
		Env:          []string{"PATH=/", "HOME=/var/lib/scim-proxy", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", "SCIM_PROXY_CONFIG=/etc/scim-proxy/config/config.yaml"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}, "9090/tcp": {}},
		Labels: map[string]string{
			"org.opencontainers.image.title":       "keycloak-scim-proxy",
			"org.opencontainers.image.description": "A complete SCIM 2.0 server in front of Keycloak",
			"org.opencontainers.image.licenses":    "Apache-2.0",
			"org.opencontainers.image.version":     o.version,
			"org.opencontainers.image.created":     o.created.Format(time.RFC3339),
		},
	}
	if o.revision != "" {
		c.Labels["org.opencontainers.image.revision"] = o.revision
	}
	if o.url != "" {
		c.Labels["org.opencontainers.image.source"] = o.url
		c.Labels["org.opencontainers.image.documentation"] = o.url + "/blob/main/README.md"
	}
	return c
}

// file is an entry of a layer. A name that ends in a slash is a directory.
type file struct {
	name    string
	mode    int64
	owner   int
	content []byte
}

func base(certificates []byte) []file {
	return []file{
		{name: "etc/", mode: 0o755},
		{name: "etc/passwd", mode: 0o644, content: []byte("root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/var/lib/scim-proxy:/sbin/nologin\n")},
		{name: "etc/group", mode: 0o644, content: []byte("root:x:0:\nnonroot:x:65532:\n")},
		{name: "etc/scim-proxy/", mode: 0o755},
		{name: "etc/ssl/", mode: 0o755},
		{name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: certificates},
		{name: "var/", mode: 0o755},
		{name: "var/lib/", mode: 0o755},
		{name: "var/lib/scim-proxy/", mode: 0o700, owner: user},
	}
}

func layerOf(files []file, created time.Time) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Uid: f.owner, Gid: f.owner, Size: int64(len(f.content)), ModTime: created, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if f.name[len(f.name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
}
