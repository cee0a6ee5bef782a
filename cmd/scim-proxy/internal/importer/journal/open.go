package journal

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

// Reasons why Open refuses a journal.
var (
	// ErrInUse reports that another process imports the same file.
	ErrInUse = errors.New("another import of this file is running; wait for it to end")
	// ErrOldJournal reports a journal in the format of an earlier version.
	ErrOldJournal = errors.New("it was written by an earlier version of this program; remove it and " +
		"run the same command again, or pass --restart: users that exist already are recognised and not created twice")
	// ErrOtherImport reports the journal of another import.
	ErrOtherImport = errors.New("it belongs to another file, another state of this file, or another URL; remove it, or pass --restart, to begin with the first row")
	// ErrNoJournal reports a file that is not a journal, or a damaged one.
	ErrNoJournal = errors.New("it is not a journal of this import, or is damaged; remove it, or pass --restart, to begin with the first row")
)

const (
	// format begins the title and includes the version of the format. A journal in the first format
	// was a text that begins with oldFormat.
	format    = "scim-proxy import 2 "
	oldFormat = "scim-proxy import 1 "
	// pageSize of new journals in bytes. The first write of bbolt has firstPages pages.
	pageSize   = 4096
	firstPages = 4
)

// magic follows the header of the first page in a bbolt file. Bbolt writes it in the byte order
// of the machine; all machines that this program is built for are little-endian.
var magic = binary.LittleEndian.AppendUint32(nil, 0xED0CDAED)

// magicAt is the offset of magic in bytes.
const magicAt = 16

// Open opens the journal at path, or creates it. Rows is the number of rows in the imported file,
// and subject names the import: Open fails with ErrOtherImport if the journal has rows of another
// one. The journal stays locked until it is closed or the process ends; meanwhile Open fails with
// ErrInUse in other processes.
func Open(path, subject string, rows int) (*Journal, error) {
	j := &Journal{rows: make([]state, rows+1)}
	err := checkStart(path)
	if err == nil {
		err = j.openFile(path, format+subject)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return j, nil
}

// openFile reads every page that has data of a row, so that damage is found now. A damaged page
// makes bbolt panic, and a file that was cut makes the memory map fault. A damaged file is not
// closed, because bbolt may hold its own locks; it stays locked until the process ends.
func (j *Journal) openFile(path, title string) (err error) {
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

// checkStart refuses files that bbolt must not touch. If the first write of bbolt was
// interrupted, the file has no data yet, and checkStart empties it.
func checkStart(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	start := make([]byte, len(oldFormat))
	n, err := io.ReadFull(f, start)
	switch start = start[:n]; {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case string(start) == oldFormat:
		return ErrOldJournal
	case !bytes.HasSuffix(start[:min(n, magicAt+len(magic))], magic):
		return ErrNoJournal
	}
	info, err := f.Stat()
	if err != nil || info.Size() >= firstPages*pageSize {
		return err
	}
	return emptyFile(path)
}

// Remove removes the journal at path, if there is one. It fails with ErrInUse if another process
// imports with it.
func Remove(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lock := flock.New(path)
	ok, err := lock.TryLock()
	if err == nil && !ok {
		err = ErrInUse
	}
	if err == nil {
		err = errors.Join(lock.Unlock(), os.Remove(path)) // Windows removes no file that is open
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// emptyFile empties the file if it is still too short while bbolt's lock is held, which means
// that no other import is writing it.
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
