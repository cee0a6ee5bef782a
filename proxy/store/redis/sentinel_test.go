package redis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/test/redisserver"
)

// The contract by sentinels, with passwords and TLS of their own, the documented privileges, and a
// replica that is waited for.
func TestSentinel(t *testing.T) {
	s := redisserver.StartSentinels(t, 1,
		redisserver.Options{Username: "scim", Password: "s3cret", ACL: documentedRules(t), TLS: true},
		redisserver.Options{Username: "watcher", Password: "other", ACL: "-@all +hello +sentinel|get-master-addr-by-name", TLS: true})
	o := redis.Options{
		Username: "scim", Password: password("s3cret"), TLS: s.Servers[0].ClientTLS(), WaitReplicas: 1,
		Sentinel: &redis.Sentinel{Master: redisserver.MasterName, Addresses: s.Addresses(), Username: "watcher", Password: password("other"), TLS: s.Nodes[0].ClientTLS()},
	}
	storetest.Run(t, fresh(o))
	for name, c := range map[string]struct {
		change func(*redis.Sentinel)
		want   string
	}{
		"an unknown master":   {func(s *redis.Sentinel) { s.Master = "other" }, `it knows no master "other"`},
		"a wrong password":    {func(s *redis.Sentinel) { s.Password = password("wrong") }, "WRONGPASS"},
		"no TLS":              {func(s *redis.Sentinel) { s.TLS = nil }, "sentinel 127.0.0.1:"},
		"sentinels that hang": {func(s *redis.Sentinel) { s.Addresses = []string{"192.0.2.1:1"} }, "sentinel 192.0.2.1:1"},
	} {
		o, sentinel := o, *o.Sentinel
		c.change(&sentinel)
		o.Sentinel, o.DialTimeout = &sentinel, 200*time.Millisecond
		if err := open(t, o).Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Nodes[0].Freeze() // the first hangs
	if err := open(t, o).Ping(t.Context()); err != nil {
		t.Errorf("a sentinel hangs: %v", err)
	}
	s.Nodes[0].Kill() // and then is down
	if err := open(t, o).Ping(t.Context()); err != nil {
		t.Errorf("a sentinel is down: %v", err)
	}
}

// The server that the sentinels name is a replica now. Its records may be old, so it is not asked.
func TestAReplicaIsNotTheMaster(t *testing.T) {
	s := redisserver.StartSentinels(t, 1, redisserver.Options{}, redisserver.Options{})
	host, port, _ := strings.Cut(s.Servers[1].Addr, ":")
	do(t, s.Servers[0], "REPLICAOF", host, port)
	e := open(t, redis.Options{Sentinel: &redis.Sentinel{Master: redisserver.MasterName, Addresses: s.Addresses()}})
	if got, err := e.Open("acme").Load(t.Context(), "u1"); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "is not the master") {
		t.Errorf("%v, %v", got, err)
	}
}

// writers save records until the context ends, and return those whose save was acknowledged, with
// their last acknowledged bodies.
type writers struct {
	acknowledged map[string]string
	refused      int
}

func (w *writers) run(ctx context.Context, t *testing.T, spaces []store.Space) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for n, s := range spaces {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id, body := fmt.Sprintf("w%d-%d", n, i), fmt.Sprintf("body %d of %d", i, n)
				_, err := s.Save(t.Context(), id, store.Record{Body: []byte(body), Terms: []string{"t" + id}})
				mu.Lock()
				switch {
				case err == nil:
					w.acknowledged[s.Name()+" "+id] = body
				case errors.Is(err, store.ErrUnavailable):
					w.refused++
				default:
					t.Errorf("%s: %v", id, err)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

// lost returns the acknowledged records that are not there or not found.
func (w *writers) lost(t *testing.T, e store.Engine) (lost []string) {
	t.Helper()
	for name, body := range w.acknowledged {
		space, id, _ := strings.Cut(name, " ")
		got, err := e.Open(space).Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		ids, err := e.Open(space).Find(t.Context(), "t"+id)
		if err != nil {
			t.Fatal(err)
		}
		if string(got[id].Body) != body || len(ids) != 1 {
			lost = append(lost, name)
		}
	}
	return lost
}

func spacesOf(e store.Engine, n int) (out []store.Space) {
	for i := range n {
		out = append(out, e.Open(fmt.Sprint("realm.", i)))
	}
	return out
}

// The master is killed while eight writers save. With waitReplicas no acknowledged record is lost,
// and writes go on after the failover.
func TestSentinelFailover(t *testing.T) {
	s := redisserver.StartSentinels(t, 1, redisserver.Options{}, redisserver.Options{})
	e := open(t, redis.Options{
		Sentinel: &redis.Sentinel{Master: redisserver.MasterName, Addresses: s.Addresses()}, WaitReplicas: 1,
		Timeout: 500 * time.Millisecond, DialTimeout: 500 * time.Millisecond,
	})
	ctx, stop := context.WithCancel(t.Context())
	w := &writers{acknowledged: map[string]string{}}
	done := make(chan struct{})
	go func() {
		w.run(ctx, t, spacesOf(e, 8))
		close(done)
	}()
	awaitRecords(t, e, 8)
	former := s.Master()
	former.Kill()
	s.AwaitMaster(former)
	former.Restart() // it becomes a replica, so that writes have one again
	if err := awaitProbe(t, e); err != nil {
		t.Error(err)
	}
	stop()
	<-done
	t.Logf("%d acknowledged, %d refused", len(w.acknowledged), w.refused)
	if lost := w.lost(t, e); len(lost) > 0 || w.refused == 0 {
		t.Errorf("%d of %d acknowledged records are lost, and %d saves were refused", len(lost), len(w.acknowledged), w.refused)
	}
}

// Without waitReplicas Redis acknowledges what no replica has, and a failover loses it, as the
// documentation says. waitReplicas prevents that: with it the same write is refused.
func TestAFailoverWithoutWaiting(t *testing.T) {
	s := redisserver.StartSentinels(t, 1, redisserver.Options{}, redisserver.Options{})
	o := redis.Options{
		Sentinel: &redis.Sentinel{Master: redisserver.MasterName, Addresses: s.Addresses()},
		Timeout:  500 * time.Millisecond, DialTimeout: 500 * time.Millisecond,
	}
	plain := open(t, o)
	o.WaitReplicas = 1
	waiting := open(t, o)
	if _, err := waiting.Open("acme").Save(t.Context(), "before", store.Record{}); err != nil {
		t.Fatal(err)
	}
	s.Servers[1].Freeze() // the replica receives nothing for a while, and cannot connect again
	do(t, s.Servers[0], "CLIENT", "KILL", "TYPE", "replica")
	if _, err := waiting.Open("acme").Save(t.Context(), "refused", store.Record{}); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "0 of 1 replicas (store.redis.waitReplicas) have received the write") {
		t.Errorf("with waitReplicas: %v", err)
	}
	if err := waiting.Probe(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("readiness: %v", err)
	}
	if _, err := plain.Open("acme").Save(t.Context(), "acknowledged", store.Record{}); err != nil {
		t.Errorf("without waitReplicas: %v", err)
	}
	former := s.Servers[0]
	former.Kill()
	s.Servers[1].Thaw()
	s.AwaitMaster(former)
	got, err := plain.Open("acme").Load(t.Context(), "before", "acknowledged")
	if _, before := got["before"]; err != nil || !before {
		t.Errorf("a record that the replica had: %v, %v", got, err)
	}
	if _, kept := got["acknowledged"]; kept {
		t.Error("nothing was lost, so that this test proves nothing")
	}
}

// awaitRecords waits until the first n spaces have 20 records each.
func awaitRecords(t *testing.T, e store.Engine, n int) {
	t.Helper()
	await(t, func() error {
		for _, s := range spacesOf(e, n) {
			if ids, err := s.Scan(t.Context(), "", 20); err != nil || len(ids) < 20 {
				return fmt.Errorf("%d records in %s: %w", len(ids), s.Name(), err)
			}
		}
		return nil
	})
}

// awaitProbe waits until the store takes writes.
func awaitProbe(t *testing.T, e store.Engine) error {
	t.Helper()
	await(t, func() error { return e.Probe(t.Context()) })
	return nil
}

func await(t *testing.T, ask func() error) {
	t.Helper()
	end, tick := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal(err)
		}
	}
}
