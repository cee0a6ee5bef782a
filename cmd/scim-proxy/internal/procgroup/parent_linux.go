package procgroup

import (
	"os/exec"
	"syscall"
)

// EndWithThread does what Set does. In addition, the kernel sends the command SIGTERM when the
// thread that started it ends, so that the command ends even if this program is killed.
func EndWithThread(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
