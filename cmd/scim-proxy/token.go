package main

import (
	"io"
	"os"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
)

// tokenVariable is the environment variable with the bearer token. There is no flag for the token
// itself, because every user of the machine can see flags.
const tokenVariable = "SCIM_TOKEN"

// tokenFlag is the help text of the flag --token-file.
const tokenFlag = "file with the bearer token, - for standard input; without it the environment variable " + tokenVariable

// readToken reads the bearer token from a file, from standard input ("-"), or from the
// environment ("").
func readToken(file string, in io.Reader) (string, error) {
	text := os.Getenv(tokenVariable)
	if file != "" {
		source := in
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				return "", cli.UsageError{Err: err}
			}
			defer f.Close()
			source = f
		}
		b, err := io.ReadAll(io.LimitReader(source, 1<<16))
		if err != nil {
			return "", err
		}
		text = string(b)
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "" && file != "":
		return "", cli.Usage("--token-file %s is empty: it must hold the bearer token", file)
	case text == "":
		return "", cli.Usage("there is no bearer token: give --token-file, or set %s", tokenVariable)
	}
	return text, nil
}
