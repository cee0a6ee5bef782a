package test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// replicas has two processes of the program that share one Redis, behind a load balancer.
type replicas struct {
	t      *testing.T
	w      *world
	binary string
	dir    string
	redis  string
	each   [2]replica
	next   atomic.Int64
}

type replica struct {
	mu      sync.RWMutex // held by each request, and by a restart
	program *proxytest.Program
	client  client
}

func newReplicas(t *testing.T) *replicas {
	t.Helper()
	r := &replicas{t: t, w: newWorld(t), binary: proxytest.Build(t), dir: t.TempDir(), redis: redisserver.Start(t, redisserver.Options{}).Addr}
	for _, k := range []string{"k1", "k2"} {
		key := make([]byte, 32)
		rand.Read(key)
		if err := os.WriteFile(filepath.Join(r.dir, k), []byte(hex.EncodeToString(key)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.restart(0, "k1")
	r.restart(1, "k1")
	return r
}

// configuration writes a configuration with these keys and returns its path.
func (r *replicas) configuration(keys ...string) string {
	r.t.Helper()
	file := r.w.files(r.t, r.w.realm.Server.URL)
	text, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%q", filepath.Join(r.dir, k))
	}
	store := fmt.Sprintf("store: {redis: {addresses: [%q]}, encryption: {keyFiles: [%s]}}", r.redis, strings.Join(keys, ", "))
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "store: {embedded: {path: store.db}}", store, 1)), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return file
}

// restart takes a replica out of the load balancer, and starts it again with these keys.
func (r *replicas) restart(i int, keys ...string) {
	r.t.Helper()
	one := &r.each[i]
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.program != nil {
		one.program.Stop(r.t)
	}
	one.program = proxytest.StartProgram(r.t, r.binary, r.configuration(keys...))
	one.client = client{one.program.URL + "/scim/v2", r.w.tenantToken}
}

// send sends a request to the replicas in turn. It skips a replica that restarts.
func (r *replicas) send(ctx context.Context, method, path, body string) (protocol.Answer, error) {
	for i := r.next.Add(1); ; i++ {
		one := &r.each[i%2]
		if one.mu.TryRLock() {
			defer one.mu.RUnlock()
			return one.client.send(ctx, method, path, body)
		}
	}
}

// holds returns an error unless a user can be read by id, and found by an attribute that only the
// store has.
func (r *replicas) holds(ctx context.Context, send sender, id, externalID, title string) error {
	a, err := send(ctx, "GET", "/Users/"+id, "")
	if err != nil || document.Text(a.Resource.Raw("title")) != title {
		return fmt.Errorf("GET %s: %w %s", externalID, err, a.Resource)
	}
	a, err = send(ctx, "GET", "/Users?filter="+url.QueryEscape(fmt.Sprintf("externalId eq %q", externalID)), "")
	if err != nil || a.Page == nil || len(a.Page.Resources) != 1 || a.Page.Resources[0].ID() != id {
		return fmt.Errorf("look-up of %s: %w %v", externalID, err, a.Page)
	}
	return nil
}

type sender func(ctx context.Context, method, path, body string) (protocol.Answer, error)

// create creates a user with attributes that only the store has.
func create(ctx context.Context, send sender, n int, externalID, title string) (id string, err error) {
	body := directorytest.Sample(n).With("externalId", document.Quote(externalID)).With("title", document.Quote(title))
	a, err := send(ctx, "POST", "/Users", body.String())
	return a.Resource.ID(), err
}

// traffic creates, changes and reads users until done is closed. It returns their titles by id and
// externalId.
func (r *replicas) traffic(worker int, done <-chan struct{}, count *atomic.Int64) map[[2]string]string {
	ctx, users := r.t.Context(), map[[2]string]string{}
	for n := 0; ; n++ {
		select {
		case <-done:
			return users
		default:
		}
		externalID := fmt.Sprintf("e-%d-%d", worker, n)
		id, err := create(ctx, r.send, 10000*worker+n, externalID, "first")
		if err == nil {
			users[[2]string{id, externalID}] = "second"
			_, err = r.send(ctx, "PATCH", "/Users/"+id, patchBody([]scim.Op{opOn(scim.ReplaceAll, "title", `"second"`)}))
		}
		if err != nil {
			r.t.Errorf("writing %s: %v", externalID, err)
			return users
		}
		some := 0
		for key, title := range users { // this user and some earlier ones
			if some++; some > 3 && key[0] != id {
				continue
			}
			if err := r.holds(ctx, r.send, key[0], key[1], title); err != nil {
				r.t.Error(err)
				return users
			}
		}
		count.Add(1)
	}
}

// reseal runs `scim-proxy store reseal` with these keys and returns its output. If killAt is not
// empty, it kills the command when a line contains killAt.
func (r *replicas) reseal(killAt string, keys ...string) (said string, err error) {
	r.t.Helper()
	c := exec.CommandContext(r.t.Context(), r.binary, "store", "reseal", "--config", r.configuration(keys...))
	out, err := c.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said += lines.Text() + "\n"
		if killAt != "" && strings.Contains(lines.Text(), killAt) {
			_ = c.Process.Kill()
		}
	}
	return said, c.Wait()
}

// TestRotation rotates a key as docs/operations.md describes, while clients send requests.
func TestRotation(t *testing.T) {
	r := newReplicas(t)
	for n := range 4 {
		if _, err := create(t.Context(), r.send, n, fmt.Sprint("old-", n), "T"); err != nil {
			t.Fatal(err)
		}
	}
	a, err := r.send(t.Context(), "GET", "/Users?count=1&cursor=", "")
	if err != nil || a.Page.Next == "" {
		t.Fatalf("%v %+v", err, a.Page)
	}
	cursor := a.Page.Next
	done, count := make(chan struct{}), new(atomic.Int64)
	users, mu := map[[2]string]string{}, sync.Mutex{}
	var flowing sync.WaitGroup
	for worker := range 2 {
		flowing.Go(func() {
			mine := r.traffic(worker+1, done, count)
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(users, mine)
		})
	}
	step := func(name string, do func()) {
		before := count.Load()
		do()
		t.Logf("%s: %d rounds meanwhile", name, count.Load()-before)
		for end := time.Now().Add(20 * time.Second); count.Load() < before+4 && !t.Failed(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: no requests succeed", name)
			}
		}
	}
	both := func(keys ...string) func() {
		return func() {
			for i := range r.each {
				r.restart(i, append([]string(nil), keys...)...)
			}
		}
	}
	step("the new key at the end", both("k1", "k2"))
	r.restart(0, "k2", "k1")
	step("the old key is still in front of one", func() {
		if said, err := r.reseal("", "k2", "k1"); err == nil || !strings.Contains(said, "k1: must stay: a running proxy seals with it") {
			t.Errorf("%v %s", err, said)
		}
	})
	r.restart(1, "k2", "k1")
	step("resealing is killed", func() {
		if said, err := r.reseal("once more", "k2", "k1"); err == nil {
			t.Errorf("it was not killed: %s", said)
		}
	})
	step("resealing", func() {
		if said, err := r.reseal("", "k2", "k1"); err != nil || !strings.Contains(said, "k1: no record is sealed with it: it may be removed") {
			t.Errorf("%v %s", err, said)
		}
	})
	step("the old key is removed", both("k2"))
	close(done)
	flowing.Wait()
	for key, title := range users {
		for i := range r.each {
			if err := r.holds(t.Context(), r.each[i].client.send, key[0], key[1], title); err != nil {
				t.Error(err)
			}
		}
	}
	if a, err := r.send(t.Context(), "GET", "/Users?count=1&cursor="+url.QueryEscape(cursor), ""); err != nil || len(a.Page.Resources) != 1 {
		t.Errorf("a cursor from before: %v %+v", err, a.Page)
	}
	t.Logf("%d users in %d rounds", len(users), count.Load())
}

// In TestRotationInTheWrongOrder a replica writes with a key that the other one does not have.
// The other one refuses requests before the first record is sealed with that key, so that it
// never answers that an existing user does not exist.
func TestRotationInTheWrongOrder(t *testing.T) {
	r := newReplicas(t)
	ctx, a := t.Context(), r.each[0].client.send
	id, err := create(ctx, a, 1, "e-1", "T")
	if err != nil {
		t.Fatal(err)
	}
	r.restart(1, "k2", "k1")
	b := r.each[1].client.send
	if err := r.holds(ctx, b, id, "e-1", "T"); err != nil {
		t.Error(err)
	}
	made := make(chan string)
	go func() {
		defer close(made)
		if id, err := create(ctx, b, 2, "e-2", "T"); err != nil {
			t.Error(err)
		} else {
			made <- id
		}
	}()
	for asked, second := 0, ""; second == ""; asked++ {
		select {
		case second = <-made:
			if second == "" || asked == 0 {
				t.Fatalf("%d look-ups", asked)
			}
		default:
		}
		a, err := a(ctx, "GET", "/Users?filter="+url.QueryEscape(`externalId eq "e-2"`), "")
		switch refused := scim.AsError(err); {
		case err == nil && second == "" && len(a.Page.Resources) == 0: // not created yet
		case err == nil:
			t.Fatalf("created %q, found %v", second, a.Page.Resources)
		case refused.Status != 503 || !strings.Contains(refused.Detail, "the operator of the proxy must act"):
			t.Fatal(err)
		}
	}
	r.restart(0, "k1", "k2")
	if err := r.holds(ctx, r.each[0].client.send, id, "e-1", "T"); err != nil {
		t.Error(err)
	}
}
