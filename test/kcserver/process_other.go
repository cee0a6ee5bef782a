//go:build !linux

package kcserver

import "syscall"

// processGroup makes the server one group, so that it can be ended as a whole.
func processGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
