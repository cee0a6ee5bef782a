package servecmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
)

// places tell where a program keeps its state on a system.
type places struct {
	system       string // as runtime.GOOS
	env          func(name string) string
	home, config func() (string, error)
}

func here() places {
	return places{runtime.GOOS, os.Getenv, os.UserHomeDir, os.UserConfigDir}
}

// defaultStore returns the file of the store of `serve --keycloak` without --store. Earlier
// versions kept it in the user's configuration directory: a file that is there, and not in the
// state directory, stays in use. The note is for the log; it may be empty.
func defaultStore(p places) (file, note string, err error) {
	dir, err := p.stateDir()
	if err != nil {
		return "", "", cli.Usage("the system has no directory for the store: give --store FILE (%w)", err)
	}
	file = filepath.Join(dir, "store.db")
	old, none := p.config()
	old = filepath.Join(old, "scim-proxy", "store.db")
	if none != nil || old == file { // an earlier version had no place, or the same
		return file, "", nil //nolint:nilerr // there is nothing to look for
	}
	had, err := isFile(old)
	if err != nil || !had {
		return file, "", err
	}
	switch has, err := isFile(file); {
	case err != nil:
		return "", "", err
	case has:
		return file, fmt.Sprintf("the store is %s; %s, of an earlier version, is not used: remove it if it is not needed", file, old), nil
	}
	return old, fmt.Sprintf("the store is %s, where an earlier version has created it: stop the proxy and move it to %s", old, file), nil
}

// stateDir is the directory for the state of the program: that of the systemd unit
// (StateDirectory=), or that of the user.
func (p places) stateDir() (string, error) {
	if unit, _, _ := strings.Cut(p.env("STATE_DIRECTORY"), ":"); filepath.IsAbs(unit) {
		return unit, nil
	}
	switch p.system {
	case "windows":
		if local := p.env("LocalAppData"); local != "" {
			return filepath.Join(local, "scim-proxy"), nil
		}
		return "", errors.New("%LocalAppData% is not defined")
	case "darwin":
		home, err := p.home()
		return filepath.Join(home, "Library", "Application Support", "scim-proxy"), err
	}
	if state := p.env("XDG_STATE_HOME"); filepath.IsAbs(state) { // others are ignored, as XDG demands
		return filepath.Join(state, "scim-proxy"), nil
	}
	home, err := p.home()
	return filepath.Join(home, ".local", "state", "scim-proxy"), err
}

// isFile reports whether a file exists. One that this user may not see is not there.
func isFile(path string) (bool, error) {
	switch _, err := os.Stat(path); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return false, nil
	default:
		return false, err
	}
}
