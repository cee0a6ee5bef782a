//go:build !linux

package procgroup

import "os/exec"

// EndWithThread is the same as Set: only Linux can end a command together with the thread that
// started it.
func EndWithThread(cmd *exec.Cmd) { Set(cmd) }
