package main

import (
	"errors"
	"io"
	"os"
	"strings"
)

// tokenVariable is the environment variable with the bearer token. There is no flag for the token itself: every user of the machine sees flags.
const tokenVariable = "SCIM_TOKEN"

// tokenFlag describes the flag that names the token's file.
const tokenFlag = "file with the bearer token, - for standard input; without it the environment variable " + tokenVariable

// readToken reads the bearer token from a file, from standard input ("-"), or from the environment ("").
func readToken(file string, in io.Reader) (string, error) {
	text := os.Getenv(tokenVariable)
	if file != "" {
		source := in
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				return "", err
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
	if text = strings.TrimSpace(text); text == "" {
		return "", errors.New("there is no bearer token: give --token-file, or set " + tokenVariable)
	}
	return text, nil
}
