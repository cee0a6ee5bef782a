package kcserver

import "syscall"

// processGroup makes the server one group, and ends it when the thread that started it does: nothing stays behind even where this program is
// killed. kc.sh hands the signal on to Java.
func processGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
