package cli

import (
	"os"
	"os/user"
)

// User names the user of a command.
func User() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}

// Operator names the user of a command, as USER@HOST.
func Operator() string {
	h, err := os.Hostname()
	if err != nil {
		return User()
	}
	return User() + "@" + h
}
