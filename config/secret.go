package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Secret reads the client's secret. No error contains it.
func (s ServiceAccount) Secret() (string, error) { return readSecret(s.SecretFile, s.SecretEnv) }

// Password reads the password, which is empty if none is configured. No error contains it.
func (r Redis) Password() (string, error) {
	if r.PasswordFile == "" && r.PasswordEnv == "" {
		return "", nil
	}
	return readSecret(r.PasswordFile, r.PasswordEnv)
}

func readSecret(file, env string) (string, error) {
	var text string
	switch {
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("secret: %w", err)
		}
		if text = strings.TrimSpace(string(b)); text == "" {
			return "", fmt.Errorf("the secret in %s is empty", file)
		}
	case env != "":
		if text = strings.TrimSpace(os.Getenv(env)); text == "" {
			return "", fmt.Errorf("the secret in the environment variable %s is empty", env)
		}
	default:
		return "", errors.New("no secret is configured")
	}
	return text, nil
}
