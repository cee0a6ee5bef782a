package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
)

// exitCodes is the table of --help and docs/commands.md.
var exitCodes = []struct {
	code  int
	means string
}{
	{0, "all that was asked is done, and what was checked is in order"},
	{1, "something failed, was interrupted, or is not in order; standard error says what"},
	{2, "the command line, the configuration or an input file is wrong; nothing was done"},
}

// suggested is how many letters of an unknown command may differ from one that is suggested.
const suggested = 2

// strict lets every command of a tree treat a wrong command line alike: it is an error with exit
// code 2, a command without a verb has its help on standard error, and an unknown verb a
// suggestion.
func strict(root *cobra.Command) {
	var about strings.Builder
	for _, e := range exitCodes {
		fmt.Fprintf(&about, "\n  %d  %s", e.code, e.means)
	}
	root.Long = root.Short + ".\n\nExit codes:" + about.String()
	root.SuggestionsMinimumDistance = suggested
	// a group can run, to report the error, but its help does not offer it
	root.SetUsageTemplate(strings.Replace(root.UsageTemplate(), "{{if .Runnable}}", "{{if and .Runnable (not .HasAvailableSubCommands)}}", 1))
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return wrong(c, err) })
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	each(root, func(c *cobra.Command) {
		if c.Name() == "help" {
			c.Run, c.RunE = nil, help
		} else if c.HasSubCommands() && !c.Runnable() {
			c.Args, c.RunE = cobra.ArbitraryArgs, withoutVerb
			c.Annotations = map[string]string{isGroup: ""}
		} else if args := c.Args; args != nil {
			c.Args = func(c *cobra.Command, given []string) error { return wrong(c, counted(c, given, args(c, given))) }
		}
	})
}

// each calls do for a command and all below it.
func each(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		each(sub, do)
	}
}

// wrong adds to an error in the command line how the command is used.
func wrong(c *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return cli.Usage("%w\nusage: %s\n`%s --help` explains it", err, c.UseLine(), c.CommandPath())
}

// counted says which argument is missing or too much, if cobra refuses the number of them.
func counted(c *cobra.Command, given []string, err error) error {
	switch names := strings.Fields(c.Use)[1:]; {
	case err == nil:
		return nil
	case len(given) < len(names):
		return fmt.Errorf("%s is missing", names[len(given)])
	case len(given) > len(names):
		return fmt.Errorf("unexpected argument %q", given[len(names)])
	}
	return err
}

// help is `help COMMAND`.
func help(c *cobra.Command, args []string) error {
	about, rest, err := c.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return withoutVerb(about, rest)
	}
	return about.Help()
}

// isGroup is the annotation of a command that does nothing but has others below it.
const isGroup = "group"

// group reports whether a command does nothing but has others below it.
func group(c *cobra.Command) bool {
	_, is := c.Annotations[isGroup]
	return is
}

// withoutVerb runs a group, which means that none of its commands was named.
func withoutVerb(c *cobra.Command, args []string) error {
	if len(args) == 0 && !c.HasParent() {
		return c.Help()
	}
	if len(args) == 0 {
		c.SetOut(c.ErrOrStderr())
		if err := c.Help(); err != nil {
			return err
		}
		return cli.Usage("\n%s needs one of the commands above", c.CommandPath())
	}
	c.SuggestionsMinimumDistance = suggested
	message := fmt.Sprintf("%s has no command %q", c.CommandPath(), args[0])
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		message += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return cli.Usage("%s\n`%s --help` lists the commands", message, c.CommandPath())
}
