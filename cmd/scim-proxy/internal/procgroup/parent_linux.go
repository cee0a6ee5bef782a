package procgroup

import (
	"os/exec"
	"syscall"
)

// EndWithThread is Set, and the kernel asks the command to end when the thread that started it ends,
// so that nothing stays behind even if this program is killed.
func EndWithThread(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
