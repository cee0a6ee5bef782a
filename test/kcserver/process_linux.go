package kcserver

import "syscall"

// processGroup makes the server one group, which ends with the thread that started it: nothing stays behind, whatever happens.
func processGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
