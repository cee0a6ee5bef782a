//go:build !linux

package procgroup

import "os/exec"

// EndWithThread is Set: only Linux can end a command with the thread that started it.
func EndWithThread(cmd *exec.Cmd) { Set(cmd) }
