package storemark_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/storemark"
)

// account is an account whose mark can be refused.
type account struct {
	mark   string
	refuse error
}

func (a *account) Mark(context.Context) (string, error) { return a.mark, nil }

func (a *account) SetMark(_ context.Context, mark string) error {
	if a.refuse == nil {
		a.mark = mark
	}
	return a.refuse
}

// Whichever operation saves the first record, the mark is set before it. If that fails, nothing is
// saved.
func TestMarkPrecedesTheFirstRecord(t *testing.T) {
	for name, save := range map[string]func(store.Space) error{
		"Save": func(s store.Space) error {
			_, err := s.Save(t.Context(), "u1", store.Record{})
			return err
		},
		"SaveAndDelete": func(s store.Space) error {
			_, err := s.SaveAndDelete(t.Context(), "u1", store.Record{}, "other", "p1")
			return err
		},
	} {
		a := &account{refuse: errors.New("refused")}
		m := storetest.NewMemory()
		s := storemark.New(storemark.Options{Account: a, Stamp: func(context.Context) (string, error) { return "stamp", nil }, Now: time.Now}).Space(m.Open("acme"))
		if err := save(s); !errors.Is(err, a.refuse) || len(m.Ops()) > 0 {
			t.Errorf("%s without a mark: %v, operations %v", name, err, m.Ops())
		}
		a.refuse = nil
		if err := save(s); err != nil || a.mark != "stamp" || len(m.Ops()) != 1 {
			t.Errorf("%s: %v, mark %q, operations %v", name, err, a.mark, m.Ops())
		}
	}
}
