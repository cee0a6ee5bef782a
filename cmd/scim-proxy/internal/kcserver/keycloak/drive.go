package main

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/kcserver"
)

// drive reads commands from in, one per line (kill, restart), and answers each with ok or a
// quoted error. It returns at the end of in, so the server ends with the process that drives it.
func drive(ctx context.Context, s *kcserver.Server, in io.Reader, out io.Writer) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case line, more := <-lines:
			if !more {
				return
			}
			if err := execCommand(ctx, s, line); err != nil {
				fmt.Fprintf(out, "%q\n", err.Error())
				continue
			}
			fmt.Fprintln(out, "ok")
		}
	}
}

func execCommand(ctx context.Context, s *kcserver.Server, line string) error {
	switch line {
	case "kill":
		return s.Kill()
	case "restart":
		return s.Restart(ctx)
	}
	return fmt.Errorf("unknown command %q: want kill or restart", line)
}
