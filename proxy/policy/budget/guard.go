package budget

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Options are what a Guard needs. All but the functions Tripped and Refused are required.
type Options struct {
	// Space is the one of SpaceName.
	Space  store.Space
	Tenant string
	// Window is the time in which changes are counted together.
	Window         time.Duration
	Users, Members Limit
	// Urgent reports whether the deactivation or deletion of a user is never held.
	Urgent func(userName string) bool
	Now    func() time.Time
	// Turns orders the decisions of this process.
	Turns *Turns
	// Tripped is called once when changes begin to be held, by the process that noted it. It must
	// not block.
	Tripped func(Event)
	// Refused is called for each change that is held, with Users or Members.
	Refused func(kind string)
}

// The kinds of budgets.
const (
	Users   = "users"
	Members = "members"
)

// Event says that a guard has begun to hold changes.
type Event struct {
	Tenant string
	At     time.Time
	Kind   string // Users or Members
	Group  string // displayName of the group, for Members
	// Spent is how many users or members were counted within the window, More how many the change
	// would have added, and All of how many.
	Spent, More, All int
	Limit            Limit
	Window           time.Duration
}

// Guard is that of one tenant. Its state is in the store.
type Guard struct{ Options }

// New returns a guard. It does not access the store.
func New(o Options) *Guard { return &Guard{o} }

// Sight is what a guard sees of the tenant's directory.
type Sight struct {
	// Users returns how many users there are. It is called only if more are counted than are allowed
	// in any case.
	Users func(ctx context.Context) (int, error)
	// Name returns the name of a resource, for the answer to a change that is held; "" if it is not
	// known.
	Name func(ctx context.Context, ref scim.Ref) string
}

// Allow returns the function that decides about an effect before anything is done. Its error is the
// answer to the caller: 429 for a change that is held, 503 if the store does not answer.
func (g *Guard) Allow(see Sight) func(ctx context.Context, e journaling.Effect) error {
	return func(ctx context.Context, e journaling.Effect) error {
		if !e.Destructive() {
			return nil
		}
		return g.allow(ctx, g.changeOf(e, see))
	}
}

// change is an effect in terms of a budget.
type change struct {
	kind  string
	limit Limit
	most  int    // ids that the ledger remembers as counted, and as held
	group string // hash of the group; "" for a user
	ref   scim.Ref
	name  string // userName or displayName; "" if it was not read
	ids   []string
	all   func(ctx context.Context) (int, error)
	see   Sight
}

func (g *Guard) changeOf(e journaling.Effect, see Sight) change {
	if e.Deactivates || e.Deletes {
		return change{kind: Users, limit: g.Options.Users, most: mostUsers, ref: e.Ref, name: e.Name, ids: []string{hash(e.Ref.ID)}, all: see.Users, see: see}
	}
	c := change{kind: Members, limit: g.Options.Members, most: mostMembers, ref: e.Ref, group: hash(e.Ref.ID), name: e.Name, see: see}
	for _, id := range e.Removed {
		c.ids = append(c.ids, hash(e.Ref.ID, id))
	}
	c.all = func(context.Context) (int, error) { return e.Size() }
	return c
}

// tries bounds the attempts to save a decision while other replicas save theirs.
const tries = 50

// allow decides about a change, and saves the decision.
func (g *Guard) allow(ctx context.Context, c change) error {
	end, err := g.Turns.wait(ctx, g.Tenant)
	if err != nil {
		return err
	}
	defer end()
	for range tries {
		err = g.try(ctx, c)
		if !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	if err == nil {
		return nil
	}
	if answer, ours := errors.AsType[*scim.Error](err); ours {
		return answer
	}
	if ctx.Err() != nil {
		return err
	}
	return scim.Unavailable("the store, in which changes that end access are counted,", err)
}

// try decides once. A conflict means that the state has changed meanwhile.
func (g *Guard) try(ctx context.Context, c change) error {
	st, err := load(ctx, g.Space, g.Tenant, c.group)
	if err != nil {
		return err
	}
	m := momentOf(g.Now(), g.Window)
	if st.tenant.released(m.now) {
		return nil
	}
	l := &st.tenant.Users
	if c.group != "" {
		l = st.groups.ledger(c.group, m)
	}
	l.prune(m)
	v, err := decide(ctx, l, c, m)
	switch {
	case err != nil:
		return err
	case v.allowed && v.changed:
		return g.save(ctx, st)
	case v.allowed, c.kind == Users && g.Urgent(c.name):
		return nil
	}
	return g.refuse(ctx, st, l, c, m, v)
}

// save writes the record that a decision has changed: the bucket of a group, or the record of the
// tenant.
func (g *Guard) save(ctx context.Context, st *state) error {
	if st.bucketID != "" {
		return save(ctx, g.Space, st.bucketID, st.groups, st.groups.rev)
	}
	return save(ctx, g.Space, g.Tenant, st.tenant, st.tenant.rev)
}

// refuse notes that a change is held, and returns the answer to the caller.
func (g *Guard) refuse(ctx context.Context, st *state, l *ledger, c change, m moment, v verdict) error {
	if c.name == "" {
		if c.name = c.see.Name(ctx, c.ref); c.name == "" {
			c.name = c.ref.ID
		}
	}
	held := l.hold(c.ids, m, c.most)
	if c.group != "" {
		l.Name = c.name
	}
	first, noted := st.tenant.trip(m.now)
	var err error
	if held || v.changed {
		err = g.save(ctx, st)
	}
	if err == nil && noted && (c.group != "" || !held && !v.changed) {
		err = save(ctx, g.Space, g.Tenant, st.tenant, st.tenant.rev)
	}
	if err != nil {
		return err
	}
	if first && g.Tripped != nil {
		g.Tripped(Event{
			Tenant: g.Tenant, At: m.now.UTC(), Kind: c.kind, Group: map[bool]string{true: c.name}[c.group != ""],
			Spent: l.spent(), More: v.more, All: l.All, Limit: c.limit, Window: g.Window,
		})
	}
	if g.Refused != nil {
		g.Refused(c.kind)
	}
	return g.answer(c)
}

// retryAfter is how many seconds a provider should wait. A change that was released goes through
// soon after.
const retryAfter = 300

// answer is written for the person who reads it at the identity provider.
func (g *Guard) answer(c change) error {
	const what, then = "Nothing was done: this change is held, because ", "If that is intended, ask an operator of the SCIM service to run " +
		"`scim-proxy guard %s release --for 2h`. The change goes through when it is repeated after that."
	var e *scim.Error
	if c.kind == Members {
		e = scim.Fail(429, "", what+"the group %s would have lost more than %d members, and more than %d %% of its members, within %s. "+then,
			c.name, c.limit.Count, c.limit.Percent, span(g.Window), g.Tenant)
	} else {
		e = scim.Fail(429, "", what+"the tenant %s would have ended the access of more than %d users, and of more than %d %% of its users, within %s. "+then,
			g.Tenant, c.limit.Count, c.limit.Percent, span(g.Window), g.Tenant)
	}
	e.RetryAfter = retryAfter
	return e
}

// span is a duration for people, without zeros at its end.
func span(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0 && d > 24*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d%time.Hour == 0 && d > time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d == time.Hour:
		return "an hour"
	case d%time.Minute == 0:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return d.String()
}
