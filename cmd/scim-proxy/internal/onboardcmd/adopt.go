package onboardcmd

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/onboarding/adopt"
)

// Adopt is `tenant adopt`.
func (e Env) Adopt() *cobra.Command {
	s := &onboard{Env: e}
	var from adopt.Source
	var file, output string
	var yes bool
	c := &cobra.Command{
		Use:   "adopt TENANT",
		Short: "Bring users that the realm has already into a group tenant; without --yes it only prints what would happen",
		Example: "  scim-proxy tenant adopt acme --members\n" +
			"  scim-proxy tenant adopt acme --search @acme.example --yes\n" +
			"  scim-proxy tenant adopt acme --users names.txt --yes",
		Long: "The account of a group tenant cannot see users outside its group, and cannot create them again. Adopted users join the tenant's group,\n" +
			"and its organization if it has one. Administrators, service accounts and users of other tenants are refused. An interrupted run can be\n" +
			"repeated.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if err := s.load(c, args[0]); err != nil {
				return err
			}
			chosen := 0
			for _, one := range []bool{from.Members, from.Search != "", file != ""} {
				if one {
					chosen++
				}
			}
			if chosen != 1 {
				return cli.Usage("give one of --members, --search and --users")
			}
			in := &list{}
			if file != "" {
				if in, err = openList(c, file); err != nil {
					return err
				}
				defer func() { _ = in.Close() }()
				from.Users = in.lines()
			}
			if err := s.connect(c.Context(), c); err != nil {
				return err
			}
			counts, err := s.adopt(c, from, yes, output)
			if output != "json" {
				conclude(c, counts, yes)
			}
			return errors.Join(err, in.err)
		},
	}
	s.commonFlags(c)
	f := c.Flags()
	f.BoolVar(&from.Members, "members", false, "the members of the tenant's organization, such as those of just-in-time logins")
	f.StringVar(&from.Search, "search", "", "users whose name or address has this text")
	f.StringVar(&file, "users", "", "file with a userName or id in each line, - for standard input")
	f.BoolVar(&yes, "yes", false, "adopt them")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// adopt prints each user when it is decided: as a line of a table, or as a line of JSON.
func (s *onboard) adopt(c *cobra.Command, from adopt.Source, yes bool, output string) (adopt.Counts, error) {
	a, err := adopt.New(c.Context(), s.session, s.spec)
	if err != nil {
		return adopt.Counts{}, err
	}
	out := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	report := func(r adopt.Row) error {
		if output == "json" {
			return json.NewEncoder(c.OutOrStdout()).Encode(r)
		}
		_, err := fmt.Fprintf(out, "%s\t%s\t%s\n", r.Verdict, r.Username, r.Why)
		return err
	}
	run := a.Preview
	if yes {
		run = a.Apply
	}
	counts, err := run(c.Context(), from, report)
	return counts, errors.Join(err, out.Flush())
}

// conclude prints the numbers on standard error.
func conclude(c *cobra.Command, n adopt.Counts, yes bool) {
	joined := "would join"
	if yes {
		joined = "joined"
	}
	fmt.Fprintf(c.ErrOrStderr(), "%d %s, %d are there already, %d refused, %d unknown\n", n.Joins, joined, n.Present, n.Refused, n.Unknown)
	if !yes && n.Joins > 0 {
		fmt.Fprintln(c.ErrOrStderr(), "Nothing was changed. Pass --yes to adopt them.")
	}
}

// list is a file with one name in each line.
type list struct {
	in  io.ReadCloser
	err error
}

func openList(c *cobra.Command, file string) (*list, error) {
	if file == "-" {
		return &list{in: io.NopCloser(c.InOrStdin())}, nil
	}
	f, err := os.Open(file)
	return &list{in: f}, err
}

func (l *list) Close() error { return l.in.Close() }

// lines yields the lines. An error of reading is kept.
func (l *list) lines() iter.Seq[string] {
	return func(yield func(string) bool) {
		scanner := bufio.NewScanner(l.in)
		for scanner.Scan() {
			if !yield(scanner.Text()) {
				return
			}
		}
		l.err = scanner.Err()
	}
}
