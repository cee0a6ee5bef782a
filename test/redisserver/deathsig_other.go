//go:build !linux

package redisserver

import "syscall"

// endsWithParent does nothing here: only the test's cleanup ends the server.
func endsWithParent() *syscall.SysProcAttr { return nil }
