package test

import (
	"os/exec"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/proxytest"
)

// For an error in the command line or the file, import says first what is wrong, and exits with 2.
func TestImportUsage(t *testing.T) {
	i := imports{binary: proxytest.Build(t), dir: t.TempDir()}
	i.write(t, "a.csv", "userName,colour\n")
	i.write(t, "b.csv", "userName\nada\n")
	i.write(t, "token", "x\n")
	for line, want := range map[string]string{
		"":                                   "FILE is missing",
		"a.csv b.csv":                        `unexpected argument "b.csv"`,
		"b.csv":                              "--url has no path: name the --tenant, or the whole SCIM base URL",
		"b.csv --tenant x":                   "there is no bearer token: give --token-file, or set SCIM_TOKEN",
		"b.csv --tenant x --token-file none": "open none: no such file or directory",
		"b.csv --tenant x --token-file token --url localhost:1": `--url "localhost:1" is not an http or https URL`,
		"b.csv --tenant x --token-file token --batch 0":         "--batch must be at least 1",
		"b.csv --colour":                      "unknown flag: --colour",
		"a.csv --tenant x --token-file token": `a.csv: column "colour": a user has no attribute colour`,
		"c.csv --tenant x --token-file token": "open c.csv: no such file or directory",
	} {
		c := exec.Command(i.binary, append([]string{"import"}, strings.Fields(line)...)...)
		c.Dir, c.Env = i.dir, []string{}
		out, err := c.CombinedOutput()
		if err == nil || c.ProcessState.ExitCode() != 2 || !strings.HasPrefix(string(out), want+"\n") {
			t.Errorf("%s: %v %s, want %s", line, err, out, want)
		}
	}
}
