//go:build unix

package redisserver

import "syscall"

// Freeze stops the process (SIGSTOP) until Thaw. Its connections stay open.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw continues the process after Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }
