package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/overlay/identity"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// fixture is the index of one of several processes that share a store, and what the directory below
// has.
type fixture struct {
	*identity.Index
	users  *[]string // names
	walks  int
	failed int
	fails  error
	key    string
}

func (f *fixture) each(_ context.Context, visit func(scim.ResourceType, scim.Resource) error) error {
	f.walks++
	for i, name := range *f.users {
		if err := visit(scim.User, document.Must(fmt.Sprintf(`{"id":"u%d","userName":%q}`, i, name))); err != nil {
			return err
		}
	}
	return f.fails
}

func processes(n int, users *[]string) (all []*fixture, m *storetest.Memory) {
	m = storetest.NewMemory()
	for range n {
		f := &fixture{users: users}
		f.Index = &identity.Index{Records: m.Open("realm"), Pending: m.Open("pending"), Now: time.Now, Report: func(string, error) { f.failed++ }}
		all = append(all, f)
	}
	return all, m
}

func name(text string) string {
	return record.Term(scim.User, scim.AttrPath{Name: "userName"}, text)
}

// sees looks a name up and waits for the walk that this may have started.
func (f *fixture) sees(t *testing.T, text string) (ids []string, all bool) {
	t.Helper()
	ids, all, err := f.Seen(t.Context(), identity.Source{Key: f.key, Each: f.each}, name(text))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return ids, all
}

func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// Nothing is proven before the first walk has ended, after its life, and by a walk that read other
// values. A walk that is in use is followed by the next one before its life ends.
func TestLifeOfAWalk(t *testing.T) {
	bubble(t, func(t *testing.T) {
		all, _ := processes(1, &[]string{"ada", "Grace"})
		x := all[0]
		proves := func(when string, want bool, walks int) {
			t.Helper()
			ids, known := x.sees(t, "ADA")
			if known != want || x.walks != walks || walks > 1 && !slices.Equal(ids, []string{"u0"}) {
				t.Errorf("%s: %q, all %t, after %d walks, want %t and %d", when, ids, known, x.walks, want, walks)
			}
		}
		proves("at first", false, 1)
		proves("after the walk", true, 1)
		if ids, known := x.sees(t, "nobody"); len(ids) > 0 || !known {
			t.Errorf("nobody: %q %t", ids, known)
		}
		time.Sleep(identity.Life / 2)
		proves("after half its life", true, 2)
		time.Sleep(identity.Life - time.Second)
		proves("near its end", true, 3)
		time.Sleep(identity.Life)
		proves("after its life", false, 4)
		proves("then", true, 4)
		x.key = "other"
		proves("of other values", false, 4)
		time.Sleep(identity.Pause)
		proves("of other values", false, 5)
		proves("of other values", true, 5)
	})
}

// A walk that fails is reported once, proves nothing, and is tried again after a pause.
func TestWalkFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		all, _ := processes(1, &[]string{"ada"})
		x := all[0]
		x.fails = errors.New("down")
		for range 3 {
			for range 3 {
				if _, known := x.sees(t, "nobody"); known {
					t.Error("a walk that failed proves a miss")
				}
			}
			time.Sleep(identity.Pause)
		}
		if x.walks != 3 || x.failed != 1 {
			t.Errorf("%d walks, %d reports", x.walks, x.failed)
		}
		x.fails = nil
		x.sees(t, "nobody")
		if _, known := x.sees(t, "nobody"); !known {
			t.Error("the walk does not count")
		}
		x.fails = errors.New("down")
		time.Sleep(identity.Life / 2)
		x.sees(t, "nobody")
		if _, known := x.sees(t, "nobody"); !known || x.failed != 2 {
			t.Errorf("a later failure: known %t, %d reports", known, x.failed)
		}
	})
}

// A walk over too many resources proves nothing.
func TestTooMany(t *testing.T) {
	bubble(t, func(t *testing.T) {
		all, _ := processes(1, &[]string{})
		*all[0].users = slices.Repeat([]string{"x"}, identity.Most+1)
		all[0].sees(t, "nobody")
		if _, known := all[0].sees(t, "nobody"); known || all[0].failed != 1 {
			t.Errorf("known %t, %d reports", known, all[0].failed)
		}
	})
}

// A create that has begun in any process, also one that was killed, is not a miss. It counts for a
// day.
func TestPendingCreateIsNoMiss(t *testing.T) {
	bubble(t, func(t *testing.T) {
		all, m := processes(2, &[]string{})
		pending := m.Open("pending")
		for _, x := range all {
			x.sees(t, "ada")
		}
		body := fmt.Sprintf(`{"type":"User","pending":{"type":"User","begun":%q}}`, time.Now().Format(time.RFC3339))
		if _, err := pending.Save(t.Context(), "p", store.Record{Body: []byte(body), Terms: []string{name("ada")}}); err != nil {
			t.Fatal(err)
		}
		for i, x := range all {
			if _, known := x.sees(t, "ada"); known {
				t.Errorf("process %d does not see the create", i)
			}
			if _, known := x.sees(t, "grace"); !known {
				t.Errorf("process %d takes the create for one of another name", i)
			}
		}
		time.Sleep(overlay.PendingLife)
		all[0].sees(t, "ada")
		if _, known := all[0].sees(t, "ada"); !known {
			t.Error("it counts for more than a day")
		}
		m.SetDown(errors.New("down"))
		if _, _, err := all[0].Seen(t.Context(), identity.Source{Each: all[0].each}, name("ada")); scim.Status(err) != 503 {
			t.Errorf("without the store: %v", err)
		}
	})
}

// If a write meets a value that the index does not know, all processes ask the directory below for
// the value until they have walked again; the process itself walks again at once. A value that the
// index knows changes nothing.
func TestTaken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		users := []string{"ada"}
		all, m := processes(2, &users)
		a, b := all[0], all[1]
		a.sees(t, "x")
		b.sees(t, "x")
		if _, err := m.Open("realm").Save(t.Context(), "r", store.Record{Terms: []string{name("grace")}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(identity.Pause)
		a.Taken(t.Context(), scim.User, []string{name("ada"), name("grace")})
		a.sees(t, "x")
		if ids, err := m.Open("pending").Scan(t.Context(), "", 9); err != nil || len(ids) > 0 || a.walks != 1 {
			t.Errorf("a known value: %q, %d walks, %v", ids, a.walks, err)
		}
		users = append(users, "hand")
		for range 2 {
			a.Taken(t.Context(), scim.User, []string{name("ada"), name("hand")})
		}
		for i, x := range all {
			if _, known := x.sees(t, "hand"); known {
				t.Errorf("process %d knows that nobody has the value", i)
			}
			if _, known := x.sees(t, "ada"); !known {
				t.Errorf("process %d doubts a value that is not concerned", i)
			}
		}
		if ids, _ := a.sees(t, "hand"); a.walks != 2 || b.walks != 1 || !slices.Equal(ids, []string{"u1"}) {
			t.Errorf("%d and %d walks, and %q", a.walks, b.walks, ids)
		}
		time.Sleep(2 * identity.Life)
		for _, x := range all {
			x.sees(t, "x")
			if ids, known := x.sees(t, "hand"); !known || !slices.Equal(ids, []string{"u1"}) {
				t.Errorf("much later: %q %t", ids, known)
			}
		}
		if ids, err := m.Open("pending").Scan(t.Context(), "", 9); err != nil || len(ids) > 0 {
			t.Errorf("%q is left, %v", ids, err)
		}
	})
}

// If it cannot be saved which value is in doubt, all are.
func TestTakenWithoutStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		all, m := processes(1, &[]string{})
		all[0].sees(t, "x")
		m.SetDown(errors.New("down"))
		all[0].Taken(t.Context(), scim.User, []string{name("hand")})
		m.SetDown(nil)
		if _, known := all[0].sees(t, "hand"); known {
			t.Error("the value is known")
		}
	})
}
