package importer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// journal is a file that says which rows are settled. A transaction is on disk before its rows count as
// settled, so the journal never says more than is true.
//
// The bucket import holds the title and how many failures stand in the file of failures. The bucket
// rows has an entry for each settled row: its number, and the reason if it failed.
type journal struct {
	db                    *bolt.DB
	rows                  []state
	done, failed, written int
}

// state of a row.
type state byte

const (
	isOpen state = iota
	isDone
	hasFailed
)

// longest is the longest reason in bytes.
const longest = 500

var (
	importBucket, rowsBucket = []byte("import"), []byte("rows")
	titleKey, writtenKey     = []byte("title"), []byte("written")
)

// fate of a row: done, or failed for a reason.
type fate struct {
	row    int
	failed string
}

// load takes in what the file says. A file that says nothing about rows belongs to any import.
func (j *journal) load(title string) error {
	var other bool
	err := j.db.View(func(tx *bolt.Tx) error {
		about, rows := tx.Bucket(importBucket), tx.Bucket(rowsBucket)
		if about == nil || rows == nil || empty(rows) {
			other = true
			return nil
		}
		if string(about.Get(titleKey)) != title {
			return ErrOtherImport
		}
		written, err := strconv.Atoi(string(about.Get(writtenKey)))
		if err != nil {
			return ErrNoJournal
		}
		j.written = written
		return rows.ForEach(j.note)
	})
	if err != nil || !other {
		return err
	}
	return j.db.Update(func(tx *bolt.Tx) error {
		about, err := tx.CreateBucketIfNotExists(importBucket)
		if err != nil {
			return err
		}
		_, err = tx.CreateBucketIfNotExists(rowsBucket)
		return errors.Join(err, about.Put(titleKey, []byte(title)), about.Put(writtenKey, []byte("0")))
	})
}

func empty(b *bolt.Bucket) bool {
	first, _ := b.Cursor().First()
	return first == nil
}

// note takes in the entry of a row.
func (j *journal) note(key, reason []byte) error {
	if len(key) != 8 {
		return ErrNoJournal
	}
	row := binary.BigEndian.Uint64(key)
	if row < 1 || row >= uint64(len(j.rows)) {
		return ErrNoJournal
	}
	if len(reason) > 0 {
		j.rows[row] = hasFailed
		j.failed++
		return nil
	}
	j.rows[row] = isDone
	j.done++
	return nil
}

func (j *journal) settled(row int) bool { return j.rows[row] != isOpen }

// open is how many rows are not settled.
func (j *journal) open() int { return len(j.rows) - 1 - j.done - j.failed }

// reason why a row failed, or "".
func (j *journal) reason(row int) (reason string, err error) {
	if j.rows[row] != hasFailed {
		return "", nil
	}
	err = j.db.View(func(tx *bolt.Tx) error {
		reason = string(tx.Bucket(rowsBucket).Get(rowKey(row)))
		return nil
	})
	return reason, err
}

// settle makes the fates of open rows durable.
func (j *journal) settle(fates ...fate) error {
	if len(fates) == 0 {
		return nil
	}
	err := j.db.Update(func(tx *bolt.Tx) error {
		rows := tx.Bucket(rowsBucket)
		rows.FillPercent = 0.9 // rows come in order
		for _, f := range fates {
			if err := rows.Put(rowKey(f.row), f.reason()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	for _, f := range fates {
		err = errors.Join(err, j.note(rowKey(f.row), f.reason()))
	}
	return err
}

// noteWritten says that all failures stand in the file of failures.
func (j *journal) noteWritten() error {
	err := j.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(importBucket).Put(writtenKey, []byte(strconv.Itoa(j.failed)))
	})
	if err == nil {
		j.written = j.failed
	}
	return err
}

func (f fate) reason() []byte {
	return []byte(strings.ToValidUTF8(f.failed[:min(len(f.failed), longest)], ""))
}

func rowKey(row int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(row)) }
