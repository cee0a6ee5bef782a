package redisserver

import "syscall"

// endsWithParent has the kernel kill the server when the test binary dies.
func endsWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
