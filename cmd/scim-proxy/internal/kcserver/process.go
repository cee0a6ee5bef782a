package kcserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/procgroup"
)

const (
	startTime = 5 * time.Minute
	stopTime  = 20 * time.Second
)

// writeAtOnce makes H2 write a transaction to disk when it is committed, instead of up to 0.5 s
// later. Measured on 26.7.3: of 200 users created just before a SIGKILL 3 were lost without it
// and none with it. The file grows faster.
const writeAtOnce = "KC_DB_URL_PROPERTIES=;WRITE_DELAY=0"

// startQuickly leaves the second compiler of the JVM out, for servers that are killed and started
// again and again. Measured on 26.7.3 with two cores: a start takes 14 s of processor time instead
// of 23 s.
const startQuickly = "JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1"

func (s *Server) start(ctx context.Context) error {
	log, err := os.OpenFile(s.LogFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command()
	cmd.Stdout, cmd.Stderr = log, log
	procgroup.EndWithThread(cmd)
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the server ends with this thread: see EndWithThread
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // the log has the reason
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start Keycloak: %w", err)
	}
	s.mu.Lock()
	s.process, s.ended = cmd, ended
	s.mu.Unlock()
	if err := s.wait(ctx, ended); err != nil {
		return errors.Join(err, s.Kill())
	}
	return nil
}

// command returns the command that runs the server. KC_DB_URL_PATH gives the server its own data
// directory: the dev-file database is in data below it. --cache=local must be here because `kc.sh
// build` ignores it (26.7.3), and a clustered cache would open JGroups ports to the network.
func (s *Server) command() *exec.Cmd {
	cmd := exec.Command(script(s.home), "start", "--optimized", "--cache=local", "--http-enabled=true", "--http-host=localhost",
		"--hostname="+s.URL, "--http-port="+strconv.Itoa(s.port), "--http-management-port="+strconv.Itoa(s.health), "--log-level=warn")
	cmd.Env = append(withoutKeycloak(os.Environ()), "KC_BOOTSTRAP_ADMIN_USERNAME="+s.AdminUser, "KC_BOOTSTRAP_ADMIN_PASSWORD="+s.AdminPassword,
		"JAVA_OPTS_KC_HEAP=-Xms256m -Xmx1g", "KC_DB_URL_PATH="+s.dataDir)
	if s.durable {
		cmd.Env = append(cmd.Env, writeAtOnce, startQuickly)
	}
	return cmd
}

// withoutKeycloak removes Keycloak options (KC_*) that the user's environment may have.
func withoutKeycloak(env []string) []string {
	var kept []string
	for _, e := range env {
		if !strings.HasPrefix(e, "KC_") {
			kept = append(kept, e)
		}
	}
	return kept
}

func (s *Server) wait(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return fmt.Errorf("Keycloak ended while it started; the end of its log %s:\n%s", s.LogFile(), tail(s.LogFile()))
		case <-ctx.Done():
			return fmt.Errorf("Keycloak was not ready in time: %w; the end of its log %s:\n%s", ctx.Err(), s.LogFile(), tail(s.LogFile()))
		case <-tick.C:
		}
		if s.ready(ctx) {
			return nil
		}
	}
}

func (s *Server) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:"+strconv.Itoa(s.health)+"/health/ready", nil)
	if err != nil {
		return false
	}
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// tail returns the last 2,000 bytes of a log, for an error message.
func tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}

// end ends the whole process group and waits for it. A group that is still there after stopTime is
// killed.
func (s *Server) end(how func(*exec.Cmd) error) error {
	s.mu.Lock()
	cmd, ended := s.process, s.ended
	s.process = nil
	s.mu.Unlock()
	if cmd == nil {
		return nil
	}
	if err := how(cmd); err != nil {
		return err
	}
	var err error
	select {
	case <-ended:
	case <-time.After(stopTime):
		err = procgroup.Kill(cmd)
		<-ended
	}
	procgroup.Await(cmd)
	return err
}
