package certifycmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

// signing are the flags of a signed report.
type signing struct {
	keyFile, signature string
	key                clientkey.Key
	to                 *os.File
}

// open reads the key and creates the file of the signature, before the run begins.
func (s *signing) open() (err error) {
	switch {
	case (s.keyFile == "") != (s.signature == ""):
		return cli.Usage("--sign-with and --signature belong together: the key, and the file for the signature")
	case s.keyFile == "":
		return nil
	}
	if s.key, err = clientkey.Read(s.keyFile); err != nil {
		return err
	}
	s.to, err = os.Create(s.signature)
	return err
}

// signed writes a report, and then the signature of exactly these bytes.
func (s *signing) signed(out io.Writer, write func(io.Writer) error) error {
	if s.to == nil {
		return write(out)
	}
	var content bytes.Buffer
	if err := write(io.MultiWriter(out, &content)); err != nil {
		return errors.Join(err, s.to.Close())
	}
	signature, err := s.key.Detached(content.Bytes())
	if err == nil {
		_, err = fmt.Fprintln(s.to, signature)
	}
	if err = errors.Join(err, s.to.Close()); err != nil {
		return fmt.Errorf("the signature: %w", err)
	}
	return nil
}

// maxReport is the largest report that verify reads, in bytes.
const maxReport = 64 << 20

// checked is what `certify verify --output json` prints; docs/commands.md documents it.
type checked struct {
	Report string `json:"report"`
	Good   bool   `json:"good"`
	Why    string `json:"why,omitempty"` // not good
}

// verify is `certify verify`.
func verify() *cobra.Command {
	var signature, key, output string
	c := &cobra.Command{
		Use:     "verify REPORT",
		Short:   "Check the signature of a report",
		Long:    "Checks that a report is exactly what was signed. REPORT is a file, or - for standard input. The exit code is 0 if the signature is good, and else 1.",
		Example: "  scim-proxy certify verify report.html --signature report.jws --key certify.pub",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if signature == "" || key == "" {
				return cli.Usage("certify verify needs --signature and --key")
			}
			r := checked{Report: args[0]}
			err := check(c.InOrStdin(), args[0], signature, key)
			if r.Good = err == nil; err != nil {
				r.Why = err.Error()
			}
			if output == "json" {
				return errors.Join(cli.WriteJSON(c.OutOrStdout(), r), err)
			}
			if err == nil {
				_, err = fmt.Fprintln(c.OutOrStdout(), "the signature is good")
			}
			return err
		},
	}
	c.Flags().StringVar(&signature, "signature", "", "file with the signature")
	c.Flags().StringVar(&key, "key", "", "file with the public key: PEM (BEGIN PUBLIC KEY), or a JSON Web Key Set")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

func check(stdin io.Reader, report, signatureFile, keyFile string) error {
	content, err := contentOf(stdin, report)
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(signatureFile)
	if err != nil {
		return err
	}
	public, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	err = clientkey.VerifyDetached(strings.TrimSpace(string(signature)), content, public)
	switch {
	case errors.Is(err, clientkey.ErrPublic):
		return fmt.Errorf("%s %w", keyFile, err)
	case err != nil:
		return fmt.Errorf("%s %w", signatureFile, err)
	}
	return nil
}

func contentOf(stdin io.Reader, report string) ([]byte, error) {
	if report == "-" {
		return io.ReadAll(io.LimitReader(stdin, maxReport))
	}
	return os.ReadFile(report)
}
