package redis_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

// The slot of a space moves to another node, and then to a third, while it and five other spaces
// are written to. No acknowledged record is lost, and a refused save is ErrUnavailable.
func TestSlotMigration(t *testing.T) {
	c := redisserver.StartCluster(t, redisserver.Options{})
	e := open(t, redis.Options{Addresses: c.Addresses(), Prefix: "kscim:"})
	ctx, stop := context.WithCancel(t.Context())
	w := &writers{acknowledged: map[string]string{}}
	done := make(chan struct{})
	go func() {
		w.run(ctx, t, spacesOf(e, 6))
		close(done)
	}()
	awaitRecords(t, e, 6)
	for range 2 {
		steps := 0
		c.Migrate("kscim:{realm.0}:ids", func() {
			if steps++; steps%5 == 1 {
				if _, err := e.Open("realm.1").Scan(t.Context(), "", 1); err != nil {
					t.Errorf("another space, meanwhile: %v", err)
				}
			}
		})
		if err := awaitProbe(t, e); err != nil {
			t.Error(err)
		}
		if steps < 3 {
			t.Errorf("the slot moved in %d steps", steps)
		}
	}
	if _, err := e.Open("realm.0").Save(t.Context(), "after", store.Record{}); err != nil {
		t.Errorf("after the migration: %v", err)
	}
	stop()
	<-done
	t.Logf("%d acknowledged, %d refused", len(w.acknowledged), w.refused)
	if lost := w.lost(t, e); len(lost) > 0 {
		t.Errorf("%d of %d acknowledged records are lost: %.200q", len(lost), len(w.acknowledged), lost)
	}
}

// The memory is full, and Redis does not evict. Creates are refused and leave nothing. An update
// begins by removing the former index terms, after which Redis lets the script go on: it is done as
// a whole. A deletion works, and creates work again when there is memory.
func TestMemoryFull(t *testing.T) {
	ctx, server := t.Context(), redisserver.Start(t, redisserver.Options{})
	e := open(t, redis.Options{Addresses: []string{server.Addr}})
	s := e.Open("acme")
	rev, err := s.Save(ctx, "u1", store.Record{Body: []byte("kept"), Terms: []string{"t"}})
	if err == nil {
		_, err = s.Save(ctx, "u2", store.Record{})
	}
	if err != nil {
		t.Fatal(err)
	}
	do(t, server, "CONFIG", "SET", "maxmemory-policy", "noeviction")
	do(t, server, "CONFIG", "SET", "maxmemory", "1")
	_, create := s.Save(ctx, "u3", store.Record{Terms: []string{"t"}})
	_, other := e.Open("new").Save(ctx, "u1", store.Record{})
	_, lock := s.Lock(ctx, "u1", time.Minute)
	for name, err := range map[string]error{"create": create, "first create": other, "lock": lock, "probe": e.Probe(ctx)} {
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "OOM") {
			t.Errorf("%s: %v", name, err)
		}
	}
	again, err := s.Save(ctx, "u1", store.Record{Rev: rev, Body: []byte("new"), Terms: []string{"new"}})
	if err != nil {
		t.Errorf("update: %v", err)
	}
	if got, err := s.Load(ctx, "u1", "u3"); err != nil || len(got) != 1 || string(got["u1"].Body) != "new" || got["u1"].Rev != again {
		t.Errorf("%v, %v", got, err)
	}
	if ids, err := s.Find(ctx, "t"); err != nil || len(ids) > 0 {
		t.Errorf("found by what was replaced or refused: %q, %v", ids, err)
	}
	if err := s.Delete(ctx, "u2", "missing"); err != nil {
		t.Errorf("delete: %v", err)
	}
	if err := s.Delete(ctx, "missing"); err != nil {
		t.Errorf("delete of nothing: %v", err)
	}
	do(t, server, "CONFIG", "SET", "maxmemory", "0")
	if _, err := s.Save(ctx, "u3", store.Record{}); err != nil {
		t.Errorf("with memory again: %v", err)
	}
	if ids, err := s.Scan(ctx, "", 10); err != nil || len(ids) != 2 {
		t.Errorf("ids %q, %v", ids, err)
	}
}

// Redis is killed three times while six writers save. With appendfsync always, as docs/stores.md
// asks for, no acknowledged record is lost.
func TestKilledUnderLoad(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	do(t, server, "CONFIG", "SET", "appendfsync", "always")
	e := open(t, redis.Options{Addresses: []string{server.Addr}})
	ctx, stop := context.WithCancel(t.Context())
	w := &writers{acknowledged: map[string]string{}}
	done := make(chan struct{})
	go func() {
		w.run(ctx, t, spacesOf(e, 6))
		close(done)
	}()
	awaitRecords(t, e, 6)
	for range 3 {
		server.Kill()
		server.Restart()
		if err := awaitProbe(t, e); err != nil {
			t.Error(err)
		}
	}
	stop()
	<-done
	t.Logf("%d acknowledged, %d refused", len(w.acknowledged), w.refused)
	if lost := w.lost(t, e); len(lost) > 0 {
		t.Errorf("%d of %d acknowledged records are lost", len(lost), len(w.acknowledged))
	}
}
