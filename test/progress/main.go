// Command progress reads `go test -json` and prints a line for each package when it ends, and for
// each test that took long, so that a run of half an hour shows where it is. Of what failed it
// prints all output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// long is how many seconds a test takes to get a line of its own.
const long = 10

// event is a line of `go test -json` (go doc test2json, go help buildjson).
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds
}

func main() {
	if err := report(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run is the output of a package that has not ended, by test ("" is the package itself). The names
// are in the order in which the tests began.
type run struct {
	names  []string
	output map[string]*strings.Builder
}

func report(in io.Reader, out io.Writer) error {
	runs := map[string]*run{}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(line) > 0 && json.Unmarshal(line, &e) == nil && e.Action != "" {
			e.tell(runs, out)
		} else if len(line) > 0 {
			fmt.Fprintf(out, "%s", line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (e event) tell(runs map[string]*run, out io.Writer) {
	r := runs[e.Package]
	if r == nil {
		r = &run{output: map[string]*strings.Builder{}}
		runs[e.Package] = r
	}
	took := time.Duration(e.Elapsed * float64(time.Second)).Round(100 * time.Millisecond)
	switch e.Action {
	case "build-output":
		fmt.Fprintf(out, "%s", e.Output)
	case "output":
		r.add(e.Test, e.Output)
	case "pass", "skip":
		if e.Test != "" {
			delete(r.output, e.Test)
		}
		if e.Test != "" && !strings.Contains(e.Test, "/") && e.Elapsed >= long {
			fmt.Fprintf(out, "      %s %s %s\n", e.Package, e.Test, took)
		}
		if e.Test == "" {
			delete(runs, e.Package)
		}
		if e.Test == "" && e.Action == "pass" {
			fmt.Fprintf(out, "ok    %s %s\n", e.Package, took)
		}
	case "fail":
		if e.Test != "" {
			fmt.Fprintf(out, "      %s %s FAILS after %s\n", e.Package, e.Test, took)
			return
		}
		for _, name := range r.names {
			if text := r.output[name]; text != nil {
				fmt.Fprintf(out, "%s", text)
			}
		}
		delete(runs, e.Package)
		fmt.Fprintf(out, "FAIL  %s %s\n", e.Package, took)
	}
}

func (r *run) add(test, text string) {
	if r.output[test] == nil {
		r.names, r.output[test] = append(r.names, test), &strings.Builder{}
	}
	r.output[test].WriteString(text)
}
