package soak

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTime bounds the start and the end of a replica.
const startTime = time.Minute

// replica is a process of the program that is started again with the same configuration.
type replica struct {
	url, admin  string
	binary, cfg string
	log         *os.File
	cmd         *exec.Cmd
	ended       chan struct{}
}

// run starts the process; it ends with the test.
func (r *replica) run(t *testing.T) {
	t.Helper()
	var err error
	if r.log, err = os.Create(r.cfg + ".log"); err != nil {
		t.Fatal(err)
	}
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.end(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the end of the log of %s:\n%s", r.url, r.tail())
		}
		_ = r.log.Close()
	})
}

// start starts the process and waits until it serves.
func (r *replica) start() error {
	r.cmd, r.ended = exec.Command(r.binary, "serve", "--config", r.cfg), make(chan struct{})
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	if err := r.cmd.Start(); err != nil {
		return err
	}
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait() // a killed process ends with an error
		close(ended)
	}(r.cmd, r.ended)
	deadline, tick := time.After(startTime), time.NewTicker(100*time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := get(r.admin + "/healthz"); err == nil {
			return nil
		}
		select {
		case <-tick.C:
			continue
		case <-r.ended:
		case <-deadline:
		}
		return fmt.Errorf("the proxy does not start: %s", r.tail())
	}
}

// end sends a signal and waits for the end of the process.
func (r *replica) end(signal syscall.Signal) error {
	if err := r.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-r.ended:
		return nil
	case <-time.After(startTime):
		return fmt.Errorf("the proxy does not end after %v", signal)
	}
}

// tail returns the last lines of the log.
func (r *replica) tail() string {
	b, err := os.ReadFile(r.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-4000):])
}

// usage returns the resident memory in bytes and the number of goroutines.
func (r *replica) usage() (memory, goroutines float64, err error) {
	text, err := get(r.admin + "/metrics")
	if err != nil {
		return 0, 0, err
	}
	memory, err = series(text, "process_resident_memory_bytes")
	if err == nil {
		goroutines, err = series(text, "go_goroutines")
	}
	return memory, goroutines, err
}

// series returns the value of a metric without labels.
func series(text, name string) (float64, error) {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("there is no metric %s", name)
}

var plain = http.Client{Timeout: 10 * time.Second}

// get returns the body of an answer 200.
func get(url string) (string, error) {
	res, err := plain.Get(url)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", url, res.StatusCode, b)
	}
	return string(b), err
}
