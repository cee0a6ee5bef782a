package store

import (
	"fmt"
	"slices"
	"time"
)

// Limits of a record, in bytes except MaxTerms. They are far above what a record needs and far
// below what any engine can hold, so that all engines refuse the same records.
const (
	MaxID    = 1024     // a record id, a lock key or a tenant's name
	MaxTerm  = 4096     // one term; hash longer values
	MaxTerms = 1280     // terms of one record
	MaxBody  = 16 << 20 // a body
)

// CheckIDs refuses ids that are empty or too long. Engines use it for tenants and lock keys too.
func CheckIDs(ids ...string) error { return check("id", MaxID, ids) }

// CheckTerms refuses terms that are empty or too long.
func CheckTerms(terms ...string) error { return check("term", MaxTerm, terms) }

func check(what string, limit int, names []string) error {
	for _, n := range names {
		switch {
		case n == "":
			return fmt.Errorf("%w: empty %s", ErrInvalid, what)
		case len(n) > limit:
			return fmt.Errorf("%w: %s of %d bytes, at most %d", ErrTooLarge, what, len(n), limit)
		}
	}
	return nil
}

// CheckLock refuses what CheckIDs refuses, and a ttl that is not positive.
func CheckLock(key string, ttl time.Duration) error {
	if ttl <= 0 {
		return fmt.Errorf("%w: lock ttl %s", ErrInvalid, ttl)
	}
	return CheckIDs(key)
}

// CheckScan refuses a page size that is not positive.
func CheckScan(n int) error {
	if n <= 0 {
		return fmt.Errorf("%w: page of %d", ErrInvalid, n)
	}
	return nil
}

// Prepare refuses a record that exceeds a limit, and returns the record with its terms as a sorted
// set.
func Prepare(id string, r Record) (Record, error) {
	if err := CheckIDs(id); err != nil {
		return r, err
	}
	if err := CheckTerms(r.Terms...); err != nil {
		return r, err
	}
	r.Terms = slices.Compact(slices.Sorted(slices.Values(r.Terms)))
	if n := len(r.Terms); n > MaxTerms {
		return r, fmt.Errorf("%w: %d terms, at most %d", ErrTooLarge, n, MaxTerms)
	}
	if n := len(r.Body); n > MaxBody {
		return r, fmt.Errorf("%w: body of %d bytes, at most %d", ErrTooLarge, n, MaxBody)
	}
	return r, nil
}
