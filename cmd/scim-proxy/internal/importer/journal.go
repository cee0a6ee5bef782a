package importer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// journal is a file that says which rows are settled. It is appended to and synced before a row counts as settled, so that it never says more
// than is true; a line that was cut off by a crash counts for nothing.
type journal struct {
	file   *os.File
	done   map[int]bool
	failed map[int]string
}

// openJournal goes on with the journal at path, or begins it. Title says what it belongs to.
func openJournal(path, title string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: f, done: map[int]bool{}, failed: map[int]string{}}
	if err := j.load(title); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return j, nil
}

func (j *journal) load(title string) error {
	in := bufio.NewReader(j.file)
	var whole int64
	for n := 0; ; n++ {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		line = strings.TrimSuffix(line, "\n")
		if n == 0 && line != title {
			return errors.New("it belongs to another file, another state of this file, or another URL; remove it to begin anew")
		}
		if err := j.note(n, line); err != nil {
			return err
		}
		whole += int64(len(line)) + 1
	}
	if err := j.file.Truncate(whole); err != nil {
		return err
	}
	if _, err := j.file.Seek(whole, io.SeekStart); err != nil || whole > 0 {
		return err
	}
	return j.write(title + "\n")
}

func (j *journal) note(n int, line string) error {
	if n == 0 {
		return nil
	}
	number, rest, _ := strings.Cut(line, " ")
	row, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("line %d is not of a journal", n+1)
	}
	if rest == "done" {
		j.done[row] = true
		return nil
	}
	if j.failed[row], err = strconv.Unquote(rest); err != nil {
		return fmt.Errorf("line %d is not of a journal", n+1)
	}
	return nil
}

func (j *journal) settled(row int) bool {
	_, failed := j.failed[row]
	return failed || j.done[row]
}

// settle makes the fates of rows durable.
func (j *journal) settle(fates []fate) error {
	var b strings.Builder
	for _, f := range fates {
		switch {
		case f.open:
		case f.failed == "":
			fmt.Fprintf(&b, "%d done\n", f.row)
		default:
			fmt.Fprintf(&b, "%d %q\n", f.row, f.failed)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := j.write(b.String()); err != nil {
		return err
	}
	for _, f := range fates {
		switch {
		case f.open:
		case f.failed == "":
			j.done[f.row] = true
		default:
			j.failed[f.row] = f.failed
		}
	}
	return nil
}

func (j *journal) write(text string) error {
	if _, err := j.file.WriteString(text); err != nil {
		return err
	}
	return j.file.Sync()
}

// fate of a row: done, failed for a reason, or open, to be tried again.
type fate struct {
	row    int
	open   bool
	failed string
}
