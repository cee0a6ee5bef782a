package certifycmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/report"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config/configfile"
)

const long = `Checks a SCIM server requirement by requirement. It works with any SCIM server, and creates users and groups whose names begin with certify- and letters of the run. It removes them at the end, also after Ctrl-C, and names those that it could not remove. Do not run it against a server that does something with new users at once, such as sending them mail; the addresses end with example.com, example.net and example.org.

A result is pass, fail, skip (the requirement does not apply, such as a feature that is not advertised) or unknown (it cannot be checked from outside), with the reason. The exit code is 0 if no requirement of the level must failed, and else 1. interop includes core, ipsie-al1 includes interop, and ipsie-al2 includes ipsie-al1. Both drafts forbid PATCH without a path, which core demands.

With --tenant the report also has what the proxy of the configuration knows of a tenant: the lines of its set-up, and the rules of its dialect that changed requests, by the journal. --sign-with signs the bytes of the report with a private key (PKCS #8 or JSON Web Key): a detached JSON Web Signature, which certify verify checks.`

// Env is what the command needs of the program.
type Env struct {
	// Read reads the token of --token-file; TokenUsage describes that flag.
	Read       func(file string, stdin io.Reader) (string, error)
	TokenUsage string
	Known      configfile.Idps
	Now        func() time.Time
}

// Command is `certify`.
func (e Env) Command() *cobra.Command {
	o := certify.Options{}
	of, sign := ofTenant{known: e.Known}, signing{}
	var tokenFile, caFile, output string
	c := &cobra.Command{
		Use:   "certify",
		Short: "Check a SCIM server requirement by requirement: the RFCs, the interop and IPSIE profiles, Entra's and Okta's tests",
		Long:  long,
		Example: "  scim-proxy certify --url http://localhost:8080/tenants/workforce/scim/v2 --token-file .demo/token\n" +
			"  scim-proxy certify --url https://scim.example.com/v2 --token-file - --profile ipsie-al2 --output html > report.html\n" +
			"  scim-proxy certify --tenant acme --token-file token --sign-with certify.key --signature report.jws --output html > report.html",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Begun = e.Now()
			if err := of.load(&o.URL, o.Begun); err != nil {
				return err
			}
			if err := complete(&o); err != nil {
				return err
			}
			if err := sign.open(); err != nil {
				return err
			}
			var err error
			if o.Token, err = e.Read(tokenFile, c.InOrStdin()); err != nil {
				return err
			}
			transport, err := cli.Transport(caFile)
			if err != nil {
				return err
			}
			o.Transport = transport
			tenant, err := of.part(c.Context(), o.Begun)
			if err != nil {
				return err
			}
			return run(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), o, func(out io.Writer, r certify.Report) error {
				r.Tenant = tenant
				return sign.signed(out, func(out io.Writer) error { return forms[output](out, r) })
			})
		},
	}
	c.AddCommand(verify())
	c.Flags().StringVar(&o.URL, "url", "", "SCIM base URL; with --tenant by default that of the tenant")
	c.Flags().StringVar(&tokenFile, "token-file", "", e.TokenUsage)
	c.Flags().StringVar(&of.name, "tenant", "", "add what the proxy knows of a tenant")
	c.Flags().StringVar(&of.since, "since", "30d", "with --tenant: from when on rules are counted, a span, a day or an RFC 3339 time")
	cli.ConfigFlag(c, &of.config)
	c.Flags().StringVar(&sign.keyFile, "sign-with", "", "file with the private key that signs the report")
	c.Flags().StringVar(&sign.signature, "signature", "", "file for the signature")
	c.Flags().StringArrayVar(&o.Profiles, "profile", []string{probe.Core}, "one of "+strings.Join(certify.Profiles(), ", ")+"; may be repeated")
	c.Flags().DurationVar(&o.Timeout, "timeout", 30*time.Second, "how long one request may take")
	cli.CAFlag(c, &caFile, "the server")
	cli.OutputFlag(c, &output, "text", "json", "markdown", "html")
	_ = c.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(certify.Profiles(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return c
}

// complete validates the options of the command line, and adds the prefix of the run.
func complete(o *certify.Options) error {
	u, err := url.Parse(o.URL)
	switch {
	case o.URL == "":
		return cli.UsageError{Err: errors.New("certify needs --url, the SCIM base URL, or --tenant")}
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return cli.Usage("--url must be an http or https URL")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return cli.Usage("--url must not have a user, a query or a fragment")
	case o.Timeout <= 0:
		return cli.Usage("--timeout must be more than 0")
	}
	for _, name := range o.Profiles {
		if !slices.Contains(certify.Profiles(), name) {
			return cli.Usage("--profile must be one of %s", strings.Join(certify.Profiles(), ", "))
		}
	}
	o.Prefix = "certify-" + strings.ToLower(rand.Text()[:8])
	return nil
}

// forms write a report.
var forms = map[string]func(io.Writer, certify.Report) error{
	"text": report.Text, "markdown": report.Markdown, "html": report.HTML,
	"json": func(out io.Writer, r certify.Report) error { return cli.WriteJSON(out, r) },
}

func run(ctx context.Context, out, progress io.Writer, o certify.Options, write func(io.Writer, certify.Report) error) error {
	end := ""
	o.Progress, end = shown(progress)
	r := certify.Run(ctx, o)
	fmt.Fprintf(progress, "%s", end)
	err := write(out, r)
	for _, path := range r.Left {
		fmt.Fprintln(progress, "could not be removed: "+path)
	}
	if err != nil {
		return err
	}
	switch failed := r.Counted("").FailMust; {
	case r.Interrupted:
		return ctx.Err()
	case failed > 0:
		return fmt.Errorf("certify: %d requirements of the level must failed", failed)
	}
	return nil
}

// every is after how many requirements a line of progress is written if it is not a terminal.
const every = 25

// shown returns the progress for a terminal, which is one line that changes, or for a file. end
// removes the line.
func shown(to io.Writer) (progress func(number, total int, id string), end string) {
	if f, ok := to.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return func(number, total int, id string) { fmt.Fprintf(to, "\r\x1b[K%d of %d: %s", number, total, id) }, "\r\x1b[K"
	}
	return func(number, total int, id string) {
		if number%every == 0 || number == total {
			fmt.Fprintf(to, "%d of %d: %s\n", number, total, id)
		}
	}, ""
}
