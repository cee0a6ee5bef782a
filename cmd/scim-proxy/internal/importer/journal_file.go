package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"github.com/gofrs/flock"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Why a journal is refused.
var (
	// ErrInUse reports that another process imports the same file.
	ErrInUse = errors.New("another import of this file is running")
	// ErrOldJournal reports a journal in the form of an earlier version.
	ErrOldJournal = errors.New("it was written by an earlier version of this program; remove it and " +
		"run the same command again: users who are there already are recognised and not created twice")
	// ErrOtherImport reports the journal of another import.
	ErrOtherImport = errors.New("it belongs to another file, another state of this file, or another URL; remove it to begin anew")
	// ErrNoJournal reports a file that is not a journal, or a damaged one.
	ErrNoJournal = errors.New("it is not a journal of this import, or is damaged; remove it to begin anew")
)

const (
	// program begins the title, with the version of the form; oldProgram began the text of the first form.
	program    = "scim-proxy import 2 "
	oldProgram = "scim-proxy import 1 "
	// pageSize of new journals, and how many pages the first write of bbolt has.
	pageSize   = 4096
	firstPages = 4
)

// magic stands in a bbolt file behind the header of its first page. Bbolt writes in the byte order of
// the machine, and all machines that this program is built for agree.
var magic = binary.LittleEndian.AppendUint32(nil, 0xED0CDAED)

const magicAt = 16

// openJournal goes on with the journal at path, or begins it. The title says what it belongs to. It is
// locked until it is closed or the process ends.
func openJournal(path, title string, rows int) (*journal, error) {
	j := &journal{rows: make([]state, rows+1)}
	err := checkBegin(path)
	if err == nil {
		err = j.openFile(path, title)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return j, nil
}

// openFile reads every page that says something about a row, so that a damaged one is found: it makes
// bbolt panic, or the memory map fault beyond the end of a file that was cut. A damaged file is not
// closed, because bbolt may keep its own locks; it stays locked until the process ends.
func (j *journal) openFile(path, title string) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w (%v)", ErrNoJournal, r)
		}
	}()
	j.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Millisecond, PageSize: pageSize})
	switch {
	case err == nil:
		if err = j.load(title); err != nil {
			err = errors.Join(err, j.db.Close())
		}
	case errors.Is(err, bolterrors.ErrTimeout):
		err = ErrInUse
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		err = fmt.Errorf("%w (%w)", ErrNoJournal, err)
	}
	return err
}

// checkBegin refuses files that bbolt must not touch. It empties one whose first write was cut off: it
// says nothing yet.
func checkBegin(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	begin := make([]byte, len(oldProgram))
	n, err := io.ReadFull(f, begin)
	switch begin = begin[:n]; {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case string(begin) == oldProgram:
		return ErrOldJournal
	case !bytes.HasSuffix(begin[:min(n, magicAt+len(magic))], magic):
		return ErrNoJournal
	}
	info, err := f.Stat()
	if err != nil || info.Size() >= firstPages*pageSize {
		return err
	}
	return emptyFile(path)
}

// emptyFile empties a file that is short even under the lock of bbolt: no other import is writing it.
func emptyFile(path string) error {
	lock := flock.New(path)
	ok, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !ok {
		return ErrInUse
	}
	defer func() { _ = lock.Unlock() }()
	info, err := os.Stat(path)
	if err != nil || info.Size() >= firstPages*pageSize {
		return err
	}
	return os.Truncate(path, 0)
}
