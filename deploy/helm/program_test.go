package helm_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"

	"keycloak-scim-proxy/deploy/internal/program"
)

func TestMain(m *testing.M) { program.Main(m) }

func readText(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func atoi(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The real program serves with what the pod of each file of values mounts, answers the probes of
// the pod, and passes the check of helm test.
func TestProgram(t *testing.T) {
	for name, values := range ciFiles(t) {
		all := manifests(t, values)
		deployments := find[*apps.Deployment](all)
		if len(deployments) == 0 {
			continue // a sidecar
		}
		t.Run(name, func(t *testing.T) {
			spec := deployments[0].Spec.Template.Spec
			p := mount(t, all, spec, spec.Containers[0])
			program.Serve(t, p.file("/etc/scim-proxy/config/config.yaml"), p.env...)
			for probe, want := range map[*core.Probe][]int{
				spec.Containers[0].StartupProbe: {200}, spec.Containers[0].LivenessProbe: {200},
				spec.Containers[0].ReadinessProbe: {200, 503}, // 503: there is no Redis
			} {
				r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", p.ports["scim-admin"], probe.HTTPGet.Path))
				if err != nil {
					t.Fatal(err)
				}
				_ = r.Body.Close()
				if !slices.Contains(want, r.StatusCode) {
					t.Errorf("%s: %s", probe.HTTPGet.Path, r.Status)
				}
			}
			for _, check := range find[*core.Pod](all) {
				if args := check.Spec.Containers[0].Args; args[0] == "health" {
					p.health(t, args)
				}
			}
		})
	}
}

// mounted is a directory that stands for the root of a container.
type mounted struct {
	root  string
	env   []string
	ports map[string]int
	paths *strings.Replacer // of the container to those of the test
}

func (m mounted) file(path string) string { return m.root + path }

// mount makes the files that a container has, as Kubernetes lays them out. Secrets get a content of
// the form that their name asks for: the files that the configuration names.
func mount(t *testing.T, all []manifest, p core.PodSpec, c core.Container) mounted {
	t.Helper()
	m := mounted{root: t.TempDir(), ports: map[string]int{}}
	var pairs []string
	for _, v := range c.VolumeMounts {
		pairs = append(pairs, v.MountPath, m.root+v.MountPath)
	}
	for _, port := range c.Ports {
		m.ports[port.Name] = program.FreePort(t)
		pairs = append(pairs, fmt.Sprintf(" :%d\n", port.ContainerPort), fmt.Sprintf(" 127.0.0.1:%d\n", m.ports[port.Name]))
	}
	m.paths = strings.NewReplacer(pairs...)
	texts := strings.Builder{}
	for _, o := range find[*core.ConfigMap](all) {
		for _, text := range o.Data {
			texts.WriteString(text)
		}
	}
	for _, v := range c.VolumeMounts {
		volume := p.Volumes[slices.IndexFunc(p.Volumes, func(candidate core.Volume) bool { return candidate.Name == v.Name })]
		files := map[string]string{}
		if volume.ConfigMap != nil {
			for _, o := range find[*core.ConfigMap](all) {
				if o.Name == volume.ConfigMap.Name {
					files = o.Data
				}
			}
		}
		for _, named := range regexp.MustCompile(regexp.QuoteMeta(v.MountPath)+`/([\w.-]+)`).FindAllStringSubmatch(texts.String(), -1) {
			if volume.PersistentVolumeClaim == nil {
				files[named[1]] = secret(t, named[1])
			}
		}
		m.lay(t, v.MountPath, files)
	}
	m.env = []string{"REDIS_PASSWORD=secret"} // by envFrom
	for _, e := range c.Env {
		if e.ValueFrom != nil {
			e.Value = "secret"
		}
		m.env = append(m.env, e.Name+"="+e.Value)
	}
	return m
}

// lay writes files as the kubelet does: into a hidden directory, with links to it.
func (m mounted) lay(t *testing.T, path string, files map[string]string) {
	t.Helper()
	dir := m.file(path)
	steps := []error{os.MkdirAll(filepath.Join(dir, "..2026_11_26"), 0o755), os.Symlink("..2026_11_26", filepath.Join(dir, "..data"))}
	for name, content := range files {
		steps = append(steps,
			os.WriteFile(filepath.Join(dir, "..2026_11_26", name), []byte(m.paths.Replace(content)), 0o600),
			os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)))
	}
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// secret returns a key of encryption, a certificate, its key, or any text.
func secret(t *testing.T, name string) string {
	t.Helper()
	if strings.HasPrefix(name, "k") {
		return strings.Repeat(name[1:], 64) // k1, k2: 32 bytes in hex
	}
	if !strings.HasSuffix(name, ".crt") && !strings.HasSuffix(name, ".key") {
		return "secret"
	}
	return pair()[filepath.Ext(name)]
}

var pair = sync.OnceValue(func() map[string]string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return map[string]string{
		".crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		".key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
	}
})

// health runs the check of helm test against the program of this test.
func (m mounted) health(t *testing.T, args []string) {
	t.Helper()
	url := slices.Index(args, "--url") + 1
	host := regexp.MustCompile(`//[^/]+/`)
	args = slices.Clone(args)
	args[url] = host.ReplaceAllString(args[url], fmt.Sprintf("//127.0.0.1:%d/", m.ports["scim"]))
	if out, err := exec.CommandContext(t.Context(), program.Path(t), args...).CombinedOutput(); err != nil {
		t.Errorf("%q: %v %s", args, err, out)
	}
}
