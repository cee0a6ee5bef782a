package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Journal records the outcome of each row of one import. It is not safe for concurrent use.
//
// The bucket "import" holds the title and the number of failures that the caller has reported. The
// bucket "rows" has an entry for each settled row: its number, and the reason if it failed.
type Journal struct {
	db                     *bolt.DB
	rows                   []state
	done, failed, reported int
}

// state of a row.
type state byte

const (
	isOpen state = iota
	isDone
	hasFailed
)

// maxReason is the maximum length of a stored reason in bytes. A longer one is cut.
const maxReason = 500

var (
	importBucket, rowsBucket = []byte("import"), []byte("rows")
	titleKey, reportedKey    = []byte("title"), []byte("written")
)

// Outcome of a row, numbered from 1.
type Outcome struct {
	Row int
	// Failure is the reason why the row failed. It is empty if the row is done.
	Failure string
}

// load reads the entries of the file. A journal without settled rows may be used by any import:
// load gives it the new title.
func (j *Journal) load(title string) error {
	var unused bool
	err := j.db.View(func(tx *bolt.Tx) error {
		about, rows := tx.Bucket(importBucket), tx.Bucket(rowsBucket)
		if about == nil || rows == nil || isEmpty(rows) {
			unused = true
			return nil
		}
		if string(about.Get(titleKey)) != title {
			return ErrOtherImport
		}
		reported, err := strconv.Atoi(string(about.Get(reportedKey)))
		if err != nil {
			return ErrNoJournal
		}
		j.reported = reported
		return rows.ForEach(j.count)
	})
	if err != nil || !unused {
		return err
	}
	return j.db.Update(func(tx *bolt.Tx) error {
		about, err := tx.CreateBucketIfNotExists(importBucket)
		if err != nil {
			return err
		}
		_, err = tx.CreateBucketIfNotExists(rowsBucket)
		return errors.Join(err, about.Put(titleKey, []byte(title)), about.Put(reportedKey, []byte("0")))
	})
}

func isEmpty(b *bolt.Bucket) bool {
	first, _ := b.Cursor().First()
	return first == nil
}

// count adds a row's entry to the state in memory.
func (j *Journal) count(key, reason []byte) error {
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

// Settled reports whether the row is done or has failed.
func (j *Journal) Settled(row int) bool { return j.rows[row] != isOpen }

// Done returns the number of rows that were imported.
func (j *Journal) Done() int { return j.done }

// Failed returns the number of rows that failed.
func (j *Journal) Failed() int { return j.failed }

// Remaining returns the number of rows that are not settled.
func (j *Journal) Remaining() int { return len(j.rows) - 1 - j.done - j.failed }

// Reason returns why a row failed. It is empty for a row that did not fail.
func (j *Journal) Reason(row int) (reason string, err error) {
	if j.rows[row] != hasFailed {
		return "", nil
	}
	err = j.db.View(func(tx *bolt.Tx) error {
		reason = string(tx.Bucket(rowsBucket).Get(rowKey(row)))
		return nil
	})
	return reason, err
}

// Settle stores the outcomes of rows that were not settled, all in one transaction.
func (j *Journal) Settle(outcomes ...Outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	err := j.db.Update(func(tx *bolt.Tx) error {
		rows := tx.Bucket(rowsBucket)
		rows.FillPercent = 0.9 // rows come in order
		for _, o := range outcomes {
			if err := rows.Put(rowKey(o.Row), o.reason()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write the journal %s: %w", j.db.Path(), err)
	}
	for _, o := range outcomes {
		err = errors.Join(err, j.count(rowKey(o.Row), o.reason()))
	}
	return err
}

// Reported reports whether SetReported was called after the last row failed.
func (j *Journal) Reported() bool { return j.reported == j.failed }

// SetReported stores that the caller has reported all failures to the user.
func (j *Journal) SetReported() error {
	err := j.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(importBucket).Put(reportedKey, []byte(strconv.Itoa(j.failed)))
	})
	if err == nil {
		j.reported = j.failed
	}
	return err
}

// Close releases the file for other processes.
func (j *Journal) Close() error { return j.db.Close() }

func (o Outcome) reason() []byte {
	return []byte(strings.ToValidUTF8(o.Failure[:min(len(o.Failure), maxReason)], ""))
}

func rowKey(row int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(row)) }
