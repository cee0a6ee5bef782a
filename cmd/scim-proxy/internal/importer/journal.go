package importer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// journal is a file that says which rows are settled. It is appended to and synced before a row counts as settled, so that it never says more
// than is true; a line that was cut off by a crash counts for nothing.
//
// Its lines are the title, "12 done", `13 "why it failed"`, and "written 1": that many failures stand in the file of failures.
type journal struct {
	file *os.File
	end  int64
	// rows has for each row 0 while it is open, isDone, or the place of the line that says why it failed.
	rows                  []int64
	done, failed, written int
}

const (
	// program begins the title, with the version of the form.
	program = "scim-proxy import 1 "
	isDone  = -1
	// longest is the longest reason in bytes.
	longest = 500
)

var errNoJournal = errors.New("it is no journal of this import; remove it to begin anew")

// openJournal goes on with the journal at path, or begins it. Title says what it belongs to. It is locked until it is closed or the process
// ends.
func openJournal(path, title string, rows int) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: f, rows: make([]int64, rows+1)}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("another import of this file is running")
	}
	if err == nil {
		err = j.load(title)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return j, nil
}

func (j *journal) load(title string) error {
	in := bufio.NewReader(j.file)
	first, err := in.ReadString('\n')
	if err == nil {
		_, err = in.Peek(1)
	}
	if errors.Is(err, io.EOF) && (strings.HasPrefix(first, program) || strings.HasPrefix(program, first)) { // no row was settled: nothing is lost
		err := j.file.Truncate(0)
		if err == nil {
			err = j.write(title + "\n")
		}
		return err
	}
	if first != title+"\n" {
		return errors.New("it belongs to another file, another state of this file, or another URL; remove it to begin anew")
	}
	j.end = int64(len(first))
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return j.file.Truncate(j.end) // of a line that was cut off
		}
		if err != nil {
			return err
		}
		if !j.note(strings.TrimSuffix(line, "\n")) {
			return errNoJournal
		}
		j.end += int64(len(line))
	}
}

// note takes in the line that begins at the end.
func (j *journal) note(line string) bool {
	first, rest, _ := strings.Cut(line, " ")
	if first == "written" {
		n, err := strconv.Atoi(rest)
		j.written = n
		return err == nil
	}
	row, err := strconv.Atoi(first)
	if err != nil || row < 1 || row >= len(j.rows) || j.rows[row] != 0 {
		return false
	}
	if rest == "done" {
		j.rows[row] = isDone
		j.done++
		return true
	}
	_, err = strconv.Unquote(rest)
	j.rows[row] = j.end
	j.failed++
	return err == nil
}

func (j *journal) settled(row int) bool { return j.rows[row] != 0 }

// open is how many rows are not settled.
func (j *journal) open() int { return len(j.rows) - 1 - j.done - j.failed }

// reason why a row failed, or "".
func (j *journal) reason(row int) (string, error) {
	at := j.rows[row]
	if at <= 0 {
		return "", nil
	}
	line, err := bufio.NewReader(io.NewSectionReader(j.file, at, j.end-at)).ReadString('\n')
	if err != nil {
		return "", err
	}
	_, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	return strconv.Unquote(quoted)
}

// fate of a row: done, or failed for a reason.
type fate struct {
	row    int
	failed string
}

// settle makes the fates of rows durable.
func (j *journal) settle(fates ...fate) error {
	var lines []string
	for _, f := range fates {
		line := strconv.Itoa(f.row) + " done"
		if f.failed != "" {
			line = strconv.Itoa(f.row) + " " + strconv.Quote(strings.ToValidUTF8(f.failed[:min(len(f.failed), longest)], ""))
		}
		lines = append(lines, line)
	}
	return j.add(lines)
}

// noteWritten says that all failures stand in the file of failures.
func (j *journal) noteWritten() error { return j.add([]string{"written " + strconv.Itoa(j.failed)}) }

func (j *journal) add(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	before := j.end
	if err := j.write(strings.Join(lines, "\n") + "\n"); err != nil {
		return err
	}
	j.end = before
	for _, line := range lines {
		j.note(line)
		j.end += int64(len(line)) + 1
	}
	return nil
}

// write appends text whole, or fails.
func (j *journal) write(text string) error {
	if _, err := j.file.WriteAt([]byte(text), j.end); err != nil {
		return err
	}
	j.end += int64(len(text))
	return j.file.Sync()
}
