package journal

import (
	"context"
	"errors"
	"maps"
	"slices"

	"keycloak-scim-proxy/proxy/store"
)

// The outbox of a receiver are the entries that have its name in Outbox. An entry gets there in the
// same save as its outcome, so that a process that is killed loses no event.

// Pending returns the first entries that a receiver has not got yet, oldest first, and how many
// there are. With n = 0 it counts only.
func (l *Log) Pending(ctx context.Context, receiver string, n int) (first []Entry, count int, err error) {
	return l.termed(ctx, outTerm+receiver, n, func(e Entry) bool { return slices.Contains(e.Outbox, receiver) })
}

// Dead returns the first entries that could not be delivered to a receiver, oldest first, and how
// many there are.
func (l *Log) Dead(ctx context.Context, receiver string, n int) (first []Entry, count int, err error) {
	return l.termed(ctx, deadTerm+receiver, n, func(e Entry) bool { return slices.Contains(e.Dead, receiver) })
}

// termed returns the first entries with a term. Those that have lost it since it was looked up are
// left out.
func (l *Log) termed(ctx context.Context, term string, n int, has func(Entry) bool) ([]Entry, int, error) {
	ids, err := l.Space.Find(ctx, term)
	if err != nil || n == 0 {
		return nil, len(ids), err
	}
	first, err := l.load(ctx, ids[:min(n, len(ids))])
	return slices.DeleteFunc(first, func(e Entry) bool { return !has(e) }), len(ids), err
}

// Delivered removes an entry from the outbox of a receiver. It is false if it was not there.
func (l *Log) Delivered(ctx context.Context, id, receiver string) (bool, error) {
	return l.resave(ctx, id, func(e *Entry) bool { return take(&e.Outbox, receiver) })
}

// Buried makes an entry a dead letter of a receiver, with the cause. It is false if the entry was
// not in its outbox.
func (l *Log) Buried(ctx context.Context, id, receiver, cause string) (bool, error) {
	return l.resave(ctx, id, func(e *Entry) bool {
		if !take(&e.Outbox, receiver) {
			return false
		}
		e.Dead, e.Causes = append(slices.Clone(e.Dead), receiver), maps.Clone(e.Causes)
		if e.Causes == nil {
			e.Causes = map[string]string{}
		}
		e.Causes[receiver] = cause
		return true
	})
}

// Revived puts a dead letter back into the outbox of a receiver. It is false if there is none.
func (l *Log) Revived(ctx context.Context, id, receiver string) (bool, error) {
	return l.resave(ctx, id, func(e *Entry) bool {
		if !take(&e.Dead, receiver) {
			return false
		}
		e.Outbox, e.Causes = append(slices.Clone(e.Outbox), receiver), maps.Clone(e.Causes)
		delete(e.Causes, receiver)
		return true
	})
}

// take removes a name from a list; it is false if the name was not there.
func take(list *[]string, name string) bool {
	i := slices.Index(*list, name)
	if i < 0 {
		return false
	}
	*list = slices.Delete(slices.Clone(*list), i, i+1)
	return true
}

// resaves is how often an entry is read again because others change it at the same time.
const resaves = 10

// resave changes an entry in the store. It is false if there is none, or if change returns false.
func (l *Log) resave(ctx context.Context, id string, change func(*Entry) bool) (bool, error) {
	var err error
	for range resaves {
		e, there, failed := l.Entry(ctx, id)
		if failed != nil || !there || !change(&e) {
			return false, failed
		}
		if err = l.put(ctx, &e); !errors.Is(err, store.ErrConflict) {
			return err == nil, err
		}
	}
	return false, err
}

// undelivered has 1 for the ids of the entries that are in the outbox of a receiver.
func (l *Log) undelivered(ctx context.Context) (map[string]int, error) {
	if len(l.Receivers) == 0 {
		return nil, nil
	}
	terms := make([]string, len(l.Receivers))
	for i, r := range l.Receivers {
		terms[i] = outTerm + r
	}
	ids, err := l.Space.Find(ctx, terms...)
	in := make(map[string]int, len(ids))
	for _, id := range ids {
		in[id] = 1
	}
	return in, err
}
