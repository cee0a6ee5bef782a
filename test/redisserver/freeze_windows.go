package redisserver

// Freeze skips the test: Windows cannot stop a process and continue it.
func (s *Server) Freeze() { s.t.Skip("needs the signals SIGSTOP and SIGCONT") }

// Thaw is never reached.
func (*Server) Thaw() {}
