package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// Secret reads the client's secret. No error contains it.
func (s ServiceAccount) Secret() (string, error) { return readSecret(s.SecretFile, s.SecretEnv) }

// Exposed returns the file of the secret or key and its mode if users other than the owner may read
// or write it; otherwise an empty path.
func (s ServiceAccount) Exposed() (path string, mode fs.FileMode) {
	path = s.SecretFile + s.KeyFile // only one is set
	if mode := Exposed(path); mode != 0 {
		return path, mode
	}
	return "", 0
}

// Exposed returns the mode of a file if users other than the owner may read or write it; otherwise
// 0, also if there is no such file. On Windows, which does not use modes, it is always 0.
func Exposed(path string) fs.FileMode {
	info, err := os.Stat(path)
	if runtime.GOOS == "windows" || err != nil || info.Mode().Perm()&0o077 == 0 {
		return 0
	}
	return info.Mode().Perm()
}

// Password reads the password, which is empty if none is configured. No error contains it.
func (r Redis) Password() (string, error) { return readPassword(r.PasswordFile, r.PasswordEnv) }

// Password reads the password of the sentinels, which is empty if none is configured. No error
// contains it.
func (s Sentinel) Password() (string, error) { return readPassword(s.PasswordFile, s.PasswordEnv) }

func readPassword(file, env string) (string, error) {
	if file == "" && env == "" {
		return "", nil
	}
	return readSecret(file, env)
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
