package procgroup

import (
	"errors"
	"os/exec"
	"strconv"
	"syscall"
)

// notFound is the exit code of taskkill if the process does not exist.
const notFound = 128

// Set keeps Ctrl-C in the console from ending the command. It must be called before the command
// starts.
func Set(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// Terminate is the same as Kill: a program without a window cannot be asked to end.
func Terminate(cmd *exec.Cmd) error { return Kill(cmd) }

// Kill ends a started command and all processes that it started. It succeeds if the command has
// ended already.
func Kill(cmd *exec.Cmd) error {
	err := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok && e.ExitCode() == notFound {
		return nil
	}
	return err
}

// Await does nothing: taskkill has ended the whole tree.
func Await(*exec.Cmd) {}
