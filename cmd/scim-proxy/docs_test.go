package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	block  = regexp.MustCompile("(?ms)^[ \t]*```[^\n]*\n(.*?)^[ \t]*```")
	inline = regexp.MustCompile("(?s)`(scim-proxy [^`]+)`")
	call   = regexp.MustCompile(`(?m)^(?:[0-9]+\. )?(?:\$ )?(?:\./bin/)?(scim-proxy [a-z].*)$`)
)

// Every command in the pages exists, with its flags. The change log may name those that are gone.
func TestCommandsInPages(t *testing.T) {
	cmd := exec.Command("git", "ls-files", "-co", "--exclude-standard", "*.md")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for name := range strings.FieldsSeq(string(out)) {
		b, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil || name == "CHANGELOG.md" {
			continue // removed, but still in the index; what was
		}
		for _, line := range commands(string(b)) {
			found++
			if err := parse(line); err != nil {
				t.Errorf("%s: %s: %v", name, line, err)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d commands were found", found)
	}
}

// commands returns the commands of this program in the code of a page.
func commands(page string) (all []string) {
	for _, m := range block.FindAllStringSubmatch(page, -1) {
		joined := strings.ReplaceAll(m[1], "\\\n", " ")
		for _, c := range call.FindAllStringSubmatch(joined, -1) {
			all = append(all, c[1])
		}
	}
	for _, m := range inline.FindAllStringSubmatch(block.ReplaceAllString(page, ""), -1) {
		all = append(all, strings.Join(strings.Fields(m[1]), " "))
	}
	return all
}

var placeholder = regexp.MustCompile(`\s*(>|\||2>|&|#|;|   ).*$`)

// parse finds the command of a line, and parses its flags. Text behind the command is left out,
// brackets of a synopsis are removed, and of alternatives the first is taken.
func parse(line string) error {
	line = strings.NewReplacer("[", "", "]", "", "…", "").Replace(line)
	line = regexp.MustCompile(` \| --`).ReplaceAllString(line, " --")
	words := strings.Fields(placeholder.ReplaceAllString(line, ""))[1:]
	for i, w := range words {
		if !strings.HasPrefix(w, "-") {
			words[i], _, _ = strings.Cut(w, "|")
		}
	}
	c, rest, err := root().Find(words)
	if err != nil {
		return err
	}
	if group(c) && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return fmt.Errorf("unknown command %s", rest[0])
	}
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	if i := slices.Index(rest, "--"); i >= 0 {
		rest = rest[:i]
	}
	return c.ParseFlags(rest)
}

// The test finds commands and flags that do not exist.
func TestParse(t *testing.T) {
	for line, want := range map[string]string{
		"scim-proxy tenant list --output json":                         "",
		"scim-proxy tenant revoke acme --key k1 | --all --file-only":   "",
		"scim-proxy tenant rename acme":                                "unknown command",
		"scim-proxy frob":                                              "unknown command",
		"scim-proxy tenant list --frob":                                "unknown flag",
		"scim-proxy serve --config config.yaml > log 2>&1 &":           "",
		"scim-proxy tenant sweep --config config.yaml [--tenant NAME]": "",
	} {
		err := parse(line)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
