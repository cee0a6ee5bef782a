package cli

import (
	"os"
	"os/user"
)

// Operator names the user of a command, as USER@HOST.
func Operator() string {
	name, host := "unknown", ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = "@" + h
	}
	return name + host
}
