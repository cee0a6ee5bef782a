package main

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/golden"

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

## JSON

Every command that lists or reports has ¬--output json¬ (¬-o json¬). Then standard output has the
JSON and nothing else; errors, warnings and progress are on standard error, and the exit code is the
same. If something fails on the way, such as in ¬tenant check¬, the JSON is printed nevertheless; if
the command line or the configuration is wrong, it is not (except in ¬config check¬). Members may be
added, and are not removed or renamed. Members that the table calls optional are absent if they have
no value.

| command | JSON |
| --- | --- |
| ¬certify¬ | ¬url¬, ¬profiles¬, ¬ok¬, ¬interrupted¬, ¬left¬ (paths that could not be removed); ¬results¬ with ¬id¬, ¬profile¬, ¬clause¬, ¬text¬, ¬level¬ (¬must¬, ¬should¬), ¬state¬ (¬pass¬, ¬fail¬, ¬skip¬, ¬unknown¬: it cannot be checked from outside), optional ¬why¬, ¬failure¬ (¬sent¬, ¬expected¬, ¬shown¬) |
| ¬config check¬ | ¬file¬, ¬ok¬; ¬problems¬ with ¬file¬, ¬message¬, optional ¬line¬, ¬column¬, ¬key¬; ¬tenants¬ with ¬tenant¬, ¬realm¬, ¬idp¬, ¬baseURL¬, optional ¬group¬ |
| ¬config show¬ | a list: ¬path¬ (of the key), ¬value¬, ¬origin¬ (¬file¬, ¬default¬, ¬environment¬); optional ¬file¬, ¬line¬ |
| ¬doctor¬ | see [doctor.md](doctor.md) |
| ¬explain¬ | ¬sentences¬, ¬entries¬ (as ¬journal¬) |
| ¬guard¬ | ¬tenant¬, ¬state¬ (¬open¬, ¬holding¬, ¬released¬), ¬counted¬ (users whose access ended within the window), ¬heldUsers¬, ¬heldGroups[]¬ (¬name¬, ¬members¬), ¬more¬ (there are more than are remembered), optional ¬since¬, ¬until¬, ¬by¬, ¬at¬ |
| ¬events list¬, ¬events dead¬ | a list: ¬receiver¬, ¬count¬, ¬events¬ with ¬receiver¬, ¬id¬, ¬dead¬, ¬time¬, ¬tenant¬, ¬request¬, ¬verb¬, ¬type¬, ¬resource¬, optional ¬cause¬ |
| ¬events retry¬ | ¬receiver¬, ¬events¬ (how many are sent again) |
| ¬drift¬ | see [drift.md](drift.md#json) |
| ¬health¬ | ¬url¬, ¬ok¬, ¬expected¬; optional ¬status¬ (no answer: absent), ¬text¬ (the beginning of the answer) |
| ¬import¬ | ¬file¬, ¬rows¬, ¬imported¬, ¬failed¬, ¬open¬ (rows without a result), optional ¬failures¬ (the file of failures). Nothing is printed if the import could not begin |
| ¬journal¬ | a line for each entry: see [journal.md](journal.md#an-entry) |
| ¬simulate¬ | ¬idp¬, ¬url¬, ¬ok¬; ¬steps¬ with ¬name¬, ¬means¬, ¬state¬ (¬ok¬, ¬failed¬, ¬skipped¬), optional ¬why¬ (it was skipped), ¬failure¬ (¬sent¬, ¬expected¬, ¬shown¬) |
| ¬store check¬ | ¬records¬, ¬bytes¬, ¬plain¬ (not sealed), ¬damaged¬; ¬spaces¬ with ¬space¬ and the same counts. Damaged records are named on standard error |
| ¬store reseal¬ | ¬records¬, ¬resealed¬, ¬sealed¬ (for the first time), ¬unreadable¬; ¬spaces¬ with ¬space¬ and the same counts; ¬keys¬ with ¬file¬, ¬use¬ (¬writes¬, ¬unused¬, ¬inFront¬: in a running proxy, ¬needed¬: for records that cannot be read) and ¬removable¬ |
| ¬tenant add¬ | ¬tenant¬, ¬warnings¬, ¬changes¬ (as ¬plan¬), ¬file¬, ¬secretFile¬, ¬baseURL¬, ¬steps¬ (texts: what to do at the identity provider); optional ¬token¬, ¬oauth¬ (¬tokenEndpoint¬, ¬clientID¬, ¬scope¬, optional ¬clientSecret¬) |
| ¬tenant adopt¬ | a line for each user: ¬userName¬, ¬verdict¬; optional ¬id¬, ¬why¬ |
| ¬tenant canary¬ | ¬tenant¬, ¬idp¬, ¬canary¬, ¬at¬, ¬green¬, ¬live¬, optional ¬since¬; ¬steps¬ with ¬name¬, ¬means¬, optional ¬wrong¬; ¬attributes¬ with ¬attribute¬, ¬required¬, ¬survived¬, optional ¬lives¬, ¬wrong¬ |
| ¬tenant check¬ | a list: ¬tenant¬, ¬realm¬, ¬clientID¬, ¬works¬, ¬steps¬ with ¬step¬, ¬state¬ (¬ok¬, ¬failed¬, ¬unknown¬: it could not be decided), optional ¬cause¬ (as in metrics), ¬text¬, ¬said¬ (by Keycloak), ¬remedy¬ |
| ¬tenant groups¬ | ¬free¬, ¬groups¬ (names) |
| ¬tenant list¬, ¬tenant show¬ | see [operations.md](operations.md#tokens) |
| ¬tenant plan¬ | ¬tenant¬, ¬warnings¬, ¬changes¬ with ¬what¬, optional ¬from¬, ¬to¬ |
| ¬tenant remove¬ | ¬tenant¬, ¬removed¬ with ¬what¬, ¬from¬ |
| ¬tenant revoke¬ | ¬tenant¬, ¬revoked¬ and ¬live¬ (ids of keys), ¬shared¬ (the revocation is in the store) |
| ¬tenant sweep¬ | a line for each record: ¬realm¬, ¬action¬ (¬removed¬, ¬would remove¬, ¬kept¬), ¬id¬, ¬reason¬, optional ¬type¬; and one for each realm: ¬realm¬, ¬dryRun¬, ¬seen¬, ¬orphans¬, ¬abandoned¬, ¬pending¬ |
| ¬tenant verify¬ | ¬realm¬, ¬clientId¬, ¬confined¬, ¬ok¬, optional ¬group¬; ¬steps¬ with ¬name¬, ¬says¬, optional ¬skipped¬, ¬findings¬ with ¬level¬, ¬what¬, optional ¬toDo¬; ¬attacks¬ with ¬tried¬, ¬refused¬, ¬notSent¬; ¬remains¬ (texts) |
| ¬undo¬ | see [undo.md](undo.md#json) |
| ¬version¬ | ¬version¬, ¬go¬, ¬os¬, ¬arch¬ |

## Completion

¬scim-proxy completion¬ prints a script for ¬bash¬, ¬fish¬, ¬powershell¬ or ¬zsh¬, and ¬--help¬ of
each says where to put it. This works in the current shell:

¬¬¬
source <(scim-proxy completion bash)
¬¬¬

Commands, flags and values are completed: names of tenants and ids of keys from the files of the
configuration (¬--config¬, ¬SCIM_PROXY_CONFIG¬ or ¬./config.yaml¬), dialects, formats and files.
Completion sends no request and reads no secret.
`

// docs/commands.md must match the commands. With -update the test writes the page.
func TestDocs(t *testing.T) {
	codes := "| exit code | meaning |\n| --- | --- |\n"
	for _, e := range exitCodes {
		codes += fmt.Sprintf("| %d | %s |\n", e.code, e.means)
	}
	want := strings.ReplaceAll(fmt.Sprintf(head, codes), "¬", "`")
	each(root(), func(c *cobra.Command) {
		if c.IsAvailableCommand() && !group(c) && c.Name() != "help" && c.Parent().Name() != "completion" {
			want += described(c)
		}
	})
	golden.Check(t, page, want, *update, "go test ./cmd/scim-proxy -update")
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
