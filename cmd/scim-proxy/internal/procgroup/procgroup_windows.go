package procgroup

import (
	"errors"
	"os/exec"
	"strconv"
	"syscall"
)

// notFound is the exit code of taskkill for a process that does not exist.
const notFound = 128

// Set keeps Ctrl-C in the console from the command, so that it ends only when it is told to.
func Set(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// Terminate is Kill: a program without a window cannot be asked to end.
func Terminate(cmd *exec.Cmd) error { return Kill(cmd) }

// Kill ends a started command and everything that it started. A command that has ended is no error.
func Kill(cmd *exec.Cmd) error {
	err := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok && e.ExitCode() == notFound {
		return nil
	}
	return err
}

// Await does nothing: taskkill has ended the whole tree.
func Await(*exec.Cmd) {}
