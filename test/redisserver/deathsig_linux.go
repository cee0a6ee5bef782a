package redisserver

import "syscall"

// endsWithParent makes the kernel kill the server when the test binary ends.
func endsWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
