package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/store"
)

// Times of a session.
const (
	// Idle is how long it lasts without a page.
	Idle = 30 * time.Minute
	// Longest is how long it lasts.
	Longest = 10 * time.Hour
	// CheckAge is how long it lasts after Keycloak ended it.
	CheckAge = 5 * time.Minute
	// uncheckedLimit is how long it lasts while Keycloak does not answer.
	uncheckedLimit = 15 * time.Minute
	// seenEvery is how often its use is saved.
	seenEvery = time.Minute
)

const (
	// mostSessions bounds the sessions of one user; the oldest end.
	mostSessions = 20
	// mostUsed bounds the forms of a session within page.TokenAge.
	mostUsed = 500
	// skew is how much the clocks of replicas may differ.
	skew = 10 * time.Minute
	// tries bounds saves of a record that others save too.
	tries = 10
	// sweepPage is how many records the sweep reads at once.
	sweepPage = 100
)

// record is a session in the store.
type record struct {
	Name    string    `json:"name"`
	Subject string    `json:"subject"`
	Secret  []byte    `json:"secret"`
	Began   time.Time `json:"began"`
	Seen    time.Time `json:"seen"`
	Checked time.Time `json:"checked"`
	// IDToken ends the session in Keycloak; Refresh checks it.
	IDToken string `json:"idToken"`
	Refresh string `json:"refresh"`
	// Used are the IDs of forms, with the time.
	Used map[string]time.Time `json:"used,omitempty"`

	rev uint64
}

func (r *record) ended(now time.Time) bool {
	return now.Sub(r.Seen) > Idle || now.Sub(r.Began) > Longest || r.Seen.After(now.Add(Idle))
}

// sessions are those of all processes that share the store.
type sessions struct {
	space store.Space
	now   func() time.Time
}

// prefix begins the ids of sessions; the space has one record more, the key of pending sign-ins.
const prefix = "s."

// key is the id of the record of a cookie.
func key(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return prefix + base64.RawURLEncoding.EncodeToString(sum[:])
}

func term(subject string) string { return "subject:" + subject }

// begin makes a session, and returns its cookie.
func (s sessions) begin(ctx context.Context, r record) (cookie string, err error) {
	if err := s.thin(ctx, r.Subject); err != nil {
		return "", err
	}
	cookie = rand.Text() + rand.Text() // 256 bits
	r.Secret, r.Began, r.Seen, r.Checked, r.rev = page.NewSecret(), s.now(), s.now(), s.now(), 0
	return cookie, s.save(ctx, key(cookie), &r)
}

func (s sessions) save(ctx context.Context, id string, r *record) error {
	body, err := json.Marshal(r)
	if err == nil {
		r.rev, err = s.space.Save(ctx, id, store.Record{Rev: r.rev, Body: body, Terms: []string{term(r.Subject)}})
	}
	return err
}

// load returns a session that has not ended, and ErrNone if there is none.
func (s sessions) load(ctx context.Context, id string) (record, error) {
	found, err := s.space.Load(ctx, id)
	if err != nil {
		return record{}, err
	}
	var r record
	if one, there := found[id]; !there || json.Unmarshal(one.Body, &r) != nil || r.ended(s.now()) {
		return record{}, ErrNone
	}
	r.rev = found[id].Rev
	return r, nil
}

// change saves a change of a session. An error of change is returned, and nothing is saved.
func (s sessions) change(ctx context.Context, id string, change func(*record) error) error {
	err := store.ErrConflict
	for n := 0; n < tries && errors.Is(err, store.ErrConflict); n++ {
		var r record
		if r, err = s.load(ctx, id); err != nil {
			return err
		}
		if err = change(&r); err != nil {
			return err
		}
		err = s.save(ctx, id, &r)
	}
	return err
}

// use notes that a form was sent.
func (s sessions) use(ctx context.Context, id, form string) error {
	return s.change(ctx, id, func(r *record) error { return mark(&r.Used, form, s.now()) })
}

// mark adds the ID of a form to those that were used, and forgets those that are too old to be
// sent.
func mark(used *map[string]time.Time, form string, now time.Time) error {
	for id, at := range *used {
		if now.Sub(at) > page.TokenAge+skew {
			delete(*used, id)
		}
	}
	if _, before := (*used)[form]; before {
		return ErrUsed
	}
	if len(*used) >= mostUsed {
		return ErrMany
	}
	if *used == nil {
		*used = map[string]time.Time{}
	}
	(*used)[form] = now
	return nil
}

// thin ends the oldest sessions of a user so that there is a place for one more.
func (s sessions) thin(ctx context.Context, subject string) error {
	ids, err := s.space.Find(ctx, term(subject))
	if err != nil || len(ids) == 0 {
		return err
	}
	type one struct {
		id    string
		began time.Time
	}
	var live []one
	var over []string
	for some := range slices.Chunk(ids, sweepPage) {
		found, err := s.space.Load(ctx, some...)
		if err != nil {
			return err
		}
		for id, r := range found {
			if s.over(r) {
				over = append(over, id)
				continue
			}
			var session record
			_ = json.Unmarshal(r.Body, &session) // over has read it
			live = append(live, one{id, session.Began})
		}
	}
	slices.SortFunc(live, func(a, b one) int { return b.began.Compare(a.began) })
	for i := mostSessions - 1; i < len(live); i++ {
		over = append(over, live[i].id)
	}
	return s.space.Delete(ctx, over...)
}

func (s sessions) over(r store.Record) bool {
	var session record
	return json.Unmarshal(r.Body, &session) != nil || session.ended(s.now())
}

// sweep deletes sessions that have ended.
func (s sessions) sweep(ctx context.Context) error {
	for after, more := prefix, true; more; {
		all, next, err := s.space.Page(ctx, after, sweepPage)
		if err != nil {
			return err
		}
		var over []string
		for _, e := range all {
			if len(e.ID) > len(prefix) && e.ID[:len(prefix)] == prefix && s.over(e.Record) {
				over = append(over, e.ID)
			}
		}
		if len(over) > 0 {
			if err := s.space.Delete(ctx, over...); err != nil {
				return fmt.Errorf("sessions that have ended: %w", err)
			}
		}
		after, more = next, next != ""
	}
	return nil
}
