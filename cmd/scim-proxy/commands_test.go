package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write docs/commands.md")

const page = "../../docs/commands.md"

const head = `# Commands

This page is generated from the commands by ¬go test ./cmd/scim-proxy -update¬. ¬--help¬ of a
command says the same.

## Exit codes

Every command ends with one of these:

%s
A command that has others below it, such as ¬scim-proxy tenant¬, is an error in the command line if
none of them is named.

## Completion

¬scim-proxy completion¬ prints a script for ¬bash¬, ¬fish¬, ¬powershell¬ or ¬zsh¬, and ¬--help¬ of
each says where to put it. This works in the current shell:

¬¬¬
source <(scim-proxy completion bash)
¬¬¬
`

// docs/commands.md must match the commands. With -update the test writes the page.
func TestDocs(t *testing.T) {
	codes := "| exit code | meaning |\n| --- | --- |\n"
	for _, e := range exitCodes {
		codes += fmt.Sprintf("| %d | %s |\n", e.code, e.means)
	}
	want := strings.ReplaceAll(fmt.Sprintf(head, codes), "¬", "`")
	each(root(), func(c *cobra.Command) {
		if c.IsAvailableCommand() && !c.HasSubCommands() && c.Name() != "help" && c.Parent().Name() != "completion" {
			want += described(c)
		}
	})
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/commands.md is old, run go test ./cmd/scim-proxy -update\n%s", diff)
	}
}

// described is the section of a command.
func described(c *cobra.Command) string {
	c.InitDefaultHelpFlag()
	text := "\n## " + c.CommandPath() + "\n\n" + wrapped(c.Short+".") + "\n"
	if c.Long != "" {
		text += wrapped(c.Long) + "\n"
	}
	text += "```\n" + c.UseLine() + "\n```\n"
	if c.Example != "" {
		text += "\nExamples:\n\n```\n" + strings.ReplaceAll(c.Example[2:], "\n  ", "\n") + "\n```\n"
	}
	rows := ""
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !f.Hidden {
			rows += flagRow(f)
		}
	})
	if rows != "" {
		text += "\n| flag | value | default | meaning |\n| --- | --- | --- | --- |\n" + rows
	}
	return text
}

func flagRow(f *pflag.Flag) string {
	name, preset := "`--"+f.Name+"`", ""
	if f.Shorthand != "" {
		name += ", `-" + f.Shorthand + "`"
	}
	if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" {
		preset = "`" + f.DefValue + "`"
	}
	kind, usage := pflag.UnquoteUsage(f)
	return fmt.Sprintf("| %s | %s | %s | %s |\n", name, kind, preset, strings.ReplaceAll(usage, "|", "\\|"))
}

// wrapped breaks paragraphs at 100 columns. Lines that begin with a blank stay as they are.
func wrapped(text string) string {
	var out strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(paragraph, " ") {
			fmt.Fprintf(&out, "```\n%s\n```\n", paragraph)
			continue
		}
		column := 0
		for word := range strings.FieldsSeq(paragraph) {
			if column > 0 && column+1+len([]rune(word)) > 100 {
				out.WriteString("\n")
				column = 0
			} else if column > 0 {
				out.WriteString(" ")
				column++
			}
			out.WriteString(word)
			column += len([]rune(word))
		}
		out.WriteString("\n")
	}
	return out.String()
}
