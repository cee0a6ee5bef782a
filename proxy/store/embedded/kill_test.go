package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// savingChild is the environment variable that makes this test binary the process that is killed.
// Its value is the path of the store.
const savingChild = "EMBEDDED_TEST_SAVE_UNTIL_KILLED"

// body returns a body that names its save and spans several pages.
func body(id string, n int) string { return strings.Repeat(fmt.Sprintf("%s %d\n", id, n), 500) }

// saveUntilKilled updates a few records, each in a goroutine, and prints "id n rev" after each
// acknowledged save.
func saveUntilKilled(path string) {
	e, err := embedded.Open(path, time.Second)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fault := make(chan error)
	for i := range 4 {
		go func() {
			s, id, rev := e.Open("acme"), fmt.Sprint("u", i), uint64(0)
			for n := 1; ; n++ {
				next, err := s.Save(context.Background(), id, store.Record{Rev: rev, Body: []byte(body(id, n)), Terms: []string{fmt.Sprint(id, " at ", n)}})
				if err != nil {
					fault <- err
				}
				rev = next
				fmt.Printf("%s %d %d\n", id, n, rev)
			}
		}()
	}
	fmt.Fprintln(os.Stderr, <-fault)
	os.Exit(1)
}

// The process is killed. The test shows that transactions are atomic and that none is acknowledged
// too early. It does not show that the disk keeps synced data.
func TestKilledInTheMiddleOfSaves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	for range 3 { // each continues with the file of the last one
		acknowledged := killAfter(t, path, 200)
		e, err := embedded.Open(path, time.Second)
		if err != nil {
			t.Fatalf("after the kill: %v", err)
		}
		for id, a := range acknowledged {
			checkKept(t, e.Open("acme"), id, a)
		}
		if err := e.Open("acme").Delete(t.Context(), "u0", "u1", "u2", "u3"); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

type ack struct {
	n   int
	rev uint64
}

// killAfter lets the child save, kills it after n acknowledgements, and returns the last one of
// each record.
func killAfter(t *testing.T, path string, count int) map[string]ack {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), savingChild+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last, lines := map[string]ack{}, bufio.NewScanner(out)
	for seen := 0; lines.Scan(); seen++ {
		var id string
		var a ack
		if _, err := fmt.Sscan(lines.Text(), &id, &a.n, &a.rev); err != nil {
			continue // this line was cut by the kill
		}
		last[id] = a
		if seen == count {
			if err := child.Process.Kill(); err != nil { // SIGKILL; the rest of the pipe is still read
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the child was not killed: %v", child.ProcessState)
	}
	if len(last) != 4 {
		t.Fatalf("acknowledged: %v", last)
	}
	return last
}

// checkKept checks that each record is that of its last acknowledged save, or of the save after it,
// which may have been done without its acknowledgement being read.
func checkKept(t *testing.T, s store.Space, id string, a ack) {
	t.Helper()
	recs, err := s.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r, n := recs[id], a.n
	if r.Rev != a.rev {
		n++
	}
	if r.Rev < a.rev || string(r.Body) != body(id, n) {
		t.Errorf("%s: save %d with revision %d was acknowledged; kept is revision %d, %.20q", id, a.n, a.rev, r.Rev, r.Body)
	}
	for at, want := range map[int]int{n - 1: 0, n: 1, n + 1: 0} {
		if ids, err := s.Find(t.Context(), fmt.Sprint(id, " at ", at)); err != nil || len(ids) != want {
			t.Errorf("%s: save %d is kept, but the index for %d says %q, %v", id, n, at, ids, err)
		}
	}
}
