//go:build !linux

package redisserver

import "syscall"

// endsWithParent has no means here: only the test's cleanup ends the server.
func endsWithParent() *syscall.SysProcAttr { return nil }
