package kcserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
)

// Version returns the version of Keycloak: KEYCLOAK_VERSION, or the release that the
// documentation's measurements were made with.
func Version() string {
	if v := os.Getenv("KEYCLOAK_VERSION"); v != "" {
		return v
	}
	return "26.7.3"
}

// errNoTools reports that tools are missing and cannot be installed.
var errNoTools = errors.New("Keycloak needs a JDK 17 or newer and mvn: install them, " +
	"or set KEYCLOAK_URL, KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD to use a running server")

// Needs says what Start will install because it is missing, a line for each. It fails if Start
// cannot install it. Nothing is needed if the environment names a running server.
func Needs(ctx context.Context) ([]string, error) {
	if os.Getenv("KEYCLOAK_URL") != "" {
		return nil, nil
	}
	dir, err := cacheDir()
	if err != nil {
		return nil, err
	}
	var all []string
	home := homeIn(dir)
	if !haveTools(ctx, exists(home)) {
		if !mayInstall() {
			return nil, errNoTools
		}
		all = append(all, "Java and Maven (the packages default-jdk-headless and maven, by apt-get)")
	}
	if !exists(home) {
		all = append(all, fmt.Sprintf("Keycloak %s (176 MB, by Maven, into %s)", Version(), home))
	}
	return all, nil
}

// cacheDir is the directory of the distributions.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "keycloak-scim-proxy"), err
}

func homeIn(dir string) string { return filepath.Join(dir, "keycloak-"+Version()) }

// install returns the home directory of a built distribution. Only one process installs at a time.
func install(ctx context.Context, progress io.Writer) (string, error) {
	dir, err := cacheDir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	unlock, err := lockFile(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	home := homeIn(dir)
	built := exists(home)
	if err := tools(ctx, built, progress); err != nil {
		return "", err
	}
	if built {
		return home, nil
	}
	return home, build(ctx, dir, home, progress)
}

// build fetches, unpacks and builds in a temporary directory, and moves the result to home at the
// end, so that home is always complete.
func build(ctx context.Context, dir, home string, progress io.Writer) error {
	work, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	fmt.Fprintf(progress, "fetching Keycloak %s (176 MB, once)\n", Version())
	artifact := "org.keycloak:keycloak-quarkus-dist:" + Version() + ":tar.gz"
	if err := run(ctx, progress, "mvn", "-q", "-B", "dependency:copy", "-Dartifact="+artifact, "-DoutputDirectory="+work); err != nil {
		return fmt.Errorf("fetch Keycloak %s with Maven: %w", Version(), err)
	}
	archive := filepath.Join(work, "keycloak-quarkus-dist-"+Version()+".tar.gz")
	if err := run(ctx, progress, "tar", "-xzf", archive, "-C", work); err != nil {
		return fmt.Errorf("unpack Keycloak: %w", err)
	}
	unpacked := filepath.Join(work, "keycloak-"+Version())
	fmt.Fprintln(progress, "building Keycloak (once)")
	if err := run(ctx, io.Discard, script(unpacked), "build", "--db=dev-file", "--features=scim-api", "--health-enabled=true"); err != nil {
		return fmt.Errorf("build Keycloak: %w", err)
	}
	return os.Rename(unpacked, home)
}

// script returns the path of the program that starts Keycloak.
func script(home string) string {
	name := "kc.sh"
	if runtime.GOOS == "windows" {
		name = "kc.bat"
	}
	return filepath.Join(home, "bin", name)
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }
func has(tool string) bool    { _, err := exec.LookPath(tool); return err == nil }

// hasJava reports whether kc.sh will find Java 17 or newer.
func hasJava(ctx context.Context) bool {
	java := "java"
	if home := os.Getenv("JAVA_HOME"); home != "" {
		java = filepath.Join(home, "bin", "java")
	}
	out, err := exec.CommandContext(ctx, java, "-version").CombinedOutput()
	return err == nil && javaMajor(string(out)) >= 17
}

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// javaMajor returns the major version in the output of `java -version`, or 0: 17 for `openjdk
// version "17.0.15" 2025-04-15`, 1 for Java 8, which reports 1.8.
func javaMajor(text string) int {
	m := javaVersion.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

// tools checks that Java exists, and Maven unless Keycloak is built already. As root on a system
// with apt-get it installs them.
func tools(ctx context.Context, built bool, progress io.Writer) error {
	if haveTools(ctx, built) {
		return nil
	}
	if !mayInstall() {
		return errNoTools
	}
	fmt.Fprintln(progress, "installing Java and Maven by apt-get (once)")
	if err := run(ctx, io.Discard, "apt-get", "update"); err != nil {
		return fmt.Errorf("%w (tried apt-get: %w)", errNoTools, err)
	}
	if err := run(ctx, io.Discard, "apt-get", "install", "-y", "--no-install-recommends", "default-jdk-headless", "maven"); err != nil {
		return fmt.Errorf("%w (tried apt-get: %w)", errNoTools, err)
	}
	if !haveTools(ctx, built) { // JAVA_HOME may name an older Java
		return errNoTools
	}
	return nil
}

func haveTools(ctx context.Context, built bool) bool { return hasJava(ctx) && (built || has("mvn")) }

// mayInstall reports whether packages can be installed.
func mayInstall() bool { return os.Geteuid() == 0 && has("apt-get") }
