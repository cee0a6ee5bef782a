package operate_test

import (
	"context"
	"crypto/rand"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

var eva = journal.By{Name: "eva", Address: "192.0.2.7"}

// host has one tenant, acme, which customers are invited to.
type host struct {
	*storetest.Memory
	operate.Tenants

	log  *journal.Log
	live bool
	now  time.Time
}

func newHost() *host {
	h := &host{Memory: storetest.NewMemory(), now: time.Unix(1_800_000_000, 0)}
	clock := func() time.Time { return h.now }
	writer := &journal.Writer{}
	h.log = journal.New(journal.Options{Space: h.Open("journal.r"), Writer: writer, Keep: time.Hour, Most: 1000, Now: clock, NewID: rand.Text})
	h.Tenants = operate.Tenants{
		Of: func(name string) (operate.Tenant, bool) {
			return operate.Tenant{Name: name, Journal: h.log, SetUp: operate.SetUp{
				Place: invite.Place{Tenant: name, Realm: "r"}, Live: func(context.Context) bool { return h.live },
				Required: func(context.Context) []checklist.Required { return nil },
			}}, name == "acme"
		},
		Invites: invite.New(invite.Options{Space: h.Open(invite.SpaceName), Now: clock}),
		LinkURL: func(link string) string { return "https://x/setup/" + link }, Now: clock,
	}
	return h
}

// fails lets the saves of a space fail.
func (h *host) fails(space string) {
	h.OnOp(func(ctx context.Context, op storetest.Op) error {
		if op.Tenant == space && op.Name == "Save" {
			return store.Unavailable(ctx, "test", errors.New("full"))
		}
		return nil
	})
}

// do does everything that changes an invitation, and returns the errors by name.
func (h *host) do(t *testing.T) map[string]error {
	t.Helper()
	only := func(i operate.Invited, err error) error {
		if err != nil && !reflect.DeepEqual(i, operate.Invited{}) {
			t.Errorf("%v, and %+v", err, i)
		}
		return err
	}
	return map[string]error{
		"waive":   only(h.WaiveLine(t.Context(), "acme", "update", "never", eva)),
		"unwaive": only(h.UnwaiveLine(t.Context(), "acme", "create", eva)),
		"revoke":  only(h.RevokeInvitation(t.Context(), "acme", eva)),
		"make":    only(h.Invite(t.Context(), "acme", eva, time.Hour, false)),
	}
}

// A change that the journal cannot note is refused, and leaves nothing behind: the former link
// works, and no line is waived.
func TestInviteJournalIsDown(t *testing.T) {
	h := newHost()
	made, err := h.Invite(t.Context(), "acme", eva, time.Hour, false)
	if err != nil || !strings.HasPrefix(made.Link, "https://x/setup/") {
		t.Fatal(made, err)
	}
	if _, err := h.WaiveLine(t.Context(), "acme", "create", "never", eva); err != nil {
		t.Fatal(err)
	}
	before, err := h.Invites.Of(t.Context(), made.Place)
	if err != nil {
		t.Fatal(err)
	}
	h.fails("journal.r")
	for name, err := range h.do(t) {
		if err == nil || !strings.Contains(err.Error(), "nothing is changed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now, err := h.Invites.Of(t.Context(), made.Place); err != nil || !reflect.DeepEqual(now, before) {
		t.Errorf("%+v %v, it was %+v", now, err, before)
	}
	if _, err := h.Invites.Look(t.Context(), strings.TrimPrefix(made.Link, "https://x/setup/")); err != nil {
		t.Error("the link ended:", err)
	}
}

// The entry of a change that fails says so.
func TestInviteChangeFails(t *testing.T) {
	h := newHost()
	if _, err := h.Invite(t.Context(), "acme", eva, time.Hour, false); err != nil {
		t.Fatal(err)
	}
	if _, err := h.WaiveLine(t.Context(), "acme", "create", "never", eva); err != nil {
		t.Fatal(err)
	}
	h.fails(invite.SpaceName)
	for name, err := range h.do(t) {
		if !errors.Is(err, invite.ErrStore) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all, err := h.log.Find(t.Context(), journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	done, failed := 0, 0
	for _, e := range all {
		switch {
		case e.Operator != "eva" || e.Address != "192.0.2.7":
			t.Errorf("%+v", e)
		case e.State == journal.Done:
			done++
		case e.State == journal.Failed:
			failed++
		}
	}
	if done != 2 || failed != 4 {
		t.Errorf("%d done, %d failed", done, failed)
	}
}

// A change that was made is not reported as a failure if the journal cannot be read afterwards.
func TestInviteUnread(t *testing.T) {
	h := newHost()
	h.OnOp(func(ctx context.Context, op storetest.Op) error {
		if op.Tenant == "journal.r" && op.Name != "Save" {
			return store.Unavailable(ctx, "test", errors.New("slow"))
		}
		return nil
	})
	if i, err := h.Invite(t.Context(), "acme", eva, time.Hour, false); err != nil || i.Link == "" || !i.Open {
		t.Errorf("%+v %v", i, err)
	}
	if _, err := h.WaiveLine(t.Context(), "acme", "create", "never", eva); err != nil {
		t.Error(err)
	}
	if i, err := h.RevokeInvitation(t.Context(), "acme", eva); err != nil || i.RevokedBy != "eva" {
		t.Errorf("%+v %v", i, err)
	}
}

// A waiver is taken back.
func TestUnwaive(t *testing.T) {
	h := newHost()
	if _, err := h.Invite(t.Context(), "acme", eva, time.Hour, false); err != nil {
		t.Fatal(err)
	}
	state := func(i operate.Invited, err error) checklist.State {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range i.Lines {
			if l.ID == checklist.Create {
				return l.State
			}
		}
		return ""
	}
	if got := state(h.WaiveLine(t.Context(), "acme", "create", "never", eva)); got != checklist.Waived {
		t.Error(got)
	}
	if got := state(h.UnwaiveLine(t.Context(), "acme", "create", eva)); got != checklist.Open {
		t.Error(got)
	}
	if _, err := h.UnwaiveLine(t.Context(), "acme", "create", eva); err == nil || !strings.Contains(err.Error(), "is not waived") {
		t.Error(err)
	}
}

// A live tenant is invited only if the operator says so.
func TestInviteLive(t *testing.T) {
	h := newHost()
	h.live = true
	if i, err := h.Invite(t.Context(), "acme", eva, time.Hour, false); err == nil || !strings.Contains(err.Error(), "--live") || i.Link != "" {
		t.Errorf("%+v %v", i, err)
	}
	if i, err := h.Invite(t.Context(), "acme", eva, time.Hour, true); err != nil || !i.Live || i.Staged {
		t.Errorf("%+v %v", i, err)
	}
}

// Looks share what was read of the journal. One at an invitation that has ended reads nothing more.
func TestReadings(t *testing.T) {
	h := newHost()
	h.Readings = &operate.Readings{}
	if _, err := h.Invite(t.Context(), "acme", eva, time.Hour, false); err != nil {
		t.Fatal(err)
	}
	e := journal.Entry{Who: journal.Who{Tenant: "acme"}, Verb: "create", Type: "User", Target: "1"}
	if err := h.log.Begin(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	e.State = journal.Done
	if err := h.log.Settle(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	shows := func() (reads int) {
		t.Helper()
		h.Reset()
		i, err := h.Invitation(t.Context(), "acme")
		if err != nil || len(i.Lines) == 0 || i.Lines[2].State != checklist.Green {
			t.Errorf("%+v %v", i, err)
		}
		for _, op := range h.Ops() {
			if op.Tenant == "journal.r" {
				reads++
			}
		}
		return reads
	}
	if shows() == 0 {
		t.Error("an open invitation is shown without a reading")
	}
	h.now = h.now.Add(2 * time.Hour)
	shows() // once after its end
	for range 3 {
		if n := shows(); n != 0 {
			t.Errorf("%d readings of an invitation that has ended", n)
		}
	}
}
