package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/storefile"

	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// Mistakes with Redis.
func TestDoctorRedis(t *testing.T) {
	c := newClinic(t, "http://"+free(t)) // the absence of a Keycloak is a problem in each report
	server := redisserver.Start(t, redisserver.Options{})
	primary := redisserver.Start(t, redisserver.Options{})
	closed := redisserver.Start(t, redisserver.Options{Username: "scim", Password: "right"})
	blind := redisserver.Start(t, redisserver.Options{Username: "scim", Password: "right", ACL: "~* &* +@all -info"})
	secure := redisserver.Start(t, redisserver.Options{TLS: true})
	password := c.file("wrong", "wrong")
	right := c.file("right", "right")
	redis := func(s *redisserver.Server, more string) map[string]string {
		return map[string]string{"store": fmt.Sprintf("{redis: {addresses: [%q]%s}}", s.Addr, more)}
	}
	set := func(s *redisserver.Server, args ...string) {
		t.Helper()
		if _, err := s.Do(args...); err != nil {
			t.Fatal(err)
		}
	}
	config := func(key, value, before string) func() func() {
		return func() func() {
			set(server, "CONFIG", "SET", key, value)
			return func() { set(server, "CONFIG", "SET", key, before) }
		}
	}
	down := map[string]string{"store": fmt.Sprintf("{redis: {addresses: [%q]}}", free(t))}
	c.examineAll([]mistake{
		{name: "nothing", main: redis(server, ""), find: "store redis ok", text: "appends each write", code: 1},
		{name: "it is new", main: redis(server, ""), find: "store store ok", text: "it is new", code: 1},
		{name: "Redis is down", main: down, find: "store store problem", text: "connection refused", remedy: "start the store", code: 1},
		{name: "the password is wrong", main: redis(closed, ", username: scim, passwordFile: "+password), find: "store store problem", text: "the user or the password is refused", remedy: "correct store.redis.username", code: 1},
		{name: "no password", main: redis(closed, ""), find: "store store problem", text: "the user or the password is refused", remedy: "correct store.redis.username", code: 1},
		{name: "plain instead of TLS", main: redis(secure, ""), find: "store store problem", text: "store: unavailable", remedy: "store.redis.tls must be set exactly if Redis speaks TLS", code: 1},
		{name: "an unknown authority", main: redis(secure, ", tls: {}"), find: "store store problem", text: "x509:", remedy: "store.redis.tls.caFile", code: 1},
		{name: "settings are hidden", main: redis(blind, ", username: scim, passwordFile: "+right), find: "store redis skipped", text: "NOPERM", code: 1},
		{name: "records are evicted", make: func() func() {
			a, b := config("maxmemory", "100mb", "0")(), config("maxmemory-policy", "allkeys-lru", "noeviction")()
			return func() { a(); b() }
		}, main: redis(server, ""), find: "store redis problem", text: "maxmemory-policy allkeys-lru", remedy: "set maxmemory-policy noeviction", code: 1},
		{name: "records would be evicted", make: config("maxmemory-policy", "volatile-lru", "noeviction"), main: redis(server, ""), find: "store redis warning", text: "maxmemory-policy volatile-lru", remedy: "set maxmemory-policy noeviction", code: 1},
		{name: "the memory is full", make: config("maxmemory", "1", "0"), main: redis(server, ""), find: "store store problem", text: "OOM", remedy: "give Redis more memory", code: 1},
		{name: "nothing is saved", make: config("appendonly", "no", "yes"), main: redis(server, ""), find: "store redis problem", text: "saves nothing", remedy: "set appendonly yes", code: 1},
		{name: "a replica", make: func() func() {
			host, port, _ := strings.Cut(primary.Addr, ":")
			set(server, "REPLICAOF", host, port)
			return func() { set(server, "REPLICAOF", "NO", "ONE") }
		}, main: redis(server, ""), find: "store store problem", text: "READONLY", remedy: "name the address of the primary", code: 1},
		{name: "another store", main: map[string]string{"store": fmt.Sprintf("{redis: {addresses: [%q]}, expectStamp: OTHER}", server.Addr)},
			find: "store store problem", text: "store.expectStamp names OTHER", remedy: "do what the text says", code: 1},
	})
	if keys, err := server.Do("DBSIZE"); err != nil || keys != "1" { // the key of the probe, which ends by itself
		t.Errorf("doctor has left %s keys: %v", keys, err)
	}
}

// Mistakes with an embedded file, and a proxy that has it open.
func TestDoctorEmbedded(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	c := newClinic(t, "http://"+free(t))
	c.main["limits"] = "{" + proxytest.UnlimitedText + "}"
	path := filepath.Join(c.dir, "data", "store.db")
	if err := os.Mkdir(filepath.Join(c.dir, "data", "small"), 0o700); err != nil {
		t.Fatal(err)
	}
	running := proxytest.StartProgram(t, proxytest.Build(t), c.write(map[string]string{"tenantsDir": ""}, nil))
	c.examineAll([]mistake{
		{name: "a proxy that runs has it open", find: "store store ok", text: "is ready: store stamp ", code: 1},
		{name: "a proxy that runs listens", find: "proxy listen ok", text: "a proxy runs on", code: 1},
		{name: "publicURL is that of the proxy", main: map[string]string{"publicURL": strings.Replace(running.URL, "127.0.0.1", "localhost", 1)}, find: "proxy publicURL ok", text: "a SCIM server answers", code: 1},
		{name: "publicURL is closed", find: "proxy publicURL warning", text: "connection refused", remedy: "the reverse proxy", code: 1},
		{name: "a proxy with another adminListen", main: map[string]string{"adminListen": fmt.Sprintf("%q", free(t))},
			find: "store store problem", text: "in use by another process", remedy: "end the process that has the file open", code: 1},
	})
	running.Stop(t)
	c.examineAll([]mistake{
		{name: "nothing", find: "store store ok", text: "it takes writes; its stamp is", code: 1},
		{name: "no expected stamp", find: "store stamp warning", text: "store.expectStamp is not set", remedy: "set store.expectStamp to ", code: 1},
		{name: "the file is open to others", make: func() func() { chmod(t, path, 0o644); return func() { chmod(t, path, 0o600) } },
			find: "store file warning", text: "mode 0644", remedy: "chmod 600 " + path, code: 1},
		{name: "the directory is open to others", make: func() func() {
			chmod(t, filepath.Dir(path), 0o777)
			return func() { chmod(t, filepath.Dir(path), 0o700) }
		}, find: "store file warning", text: "mode 0777", remedy: "chmod go-w", code: 1},
		{name: "the file is lost", main: map[string]string{"store": "{embedded: {path: data/none.db}, expectStamp: MINE}"},
			find: "store store problem", text: "does not exist, and store.expectStamp names MINE", remedy: "do what the text says", code: 1},
		{name: "the file is not a store", make: func() func() { c.file("data/other.db", strings.Repeat("x", 1<<16)); return nil },
			main: map[string]string{"store": "{embedded: {path: data/other.db}}"}, find: "store store problem", text: "other.db", remedy: "restore the file from a backup", code: 1},
		{name: "the disk is nearly full", make: func() func() {
			small := filepath.Join(c.dir, "data", "small")
			if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", small).CombinedOutput(); err != nil {
				t.Skipf("a small disk needs root: %v %s", err, out)
			}
			t.Cleanup(func() { _ = exec.Command("umount", small).Run() }) // not there any more unless the examination failed
			return func() { _ = exec.CommandContext(t.Context(), "umount", small).Run() }
		}, main: map[string]string{"store": "{embedded: {path: data/small/store.db}}"}, find: "store disk warning", text: "4 of 4 MiB free", remedy: "make room", code: 1},
		{name: "the key is missing", make: func() func() {
			storefile.Config(t, filepath.Join(c.dir, "other.yaml"), "k1")
			storefile.Open(t, filepath.Join(c.dir, "sealed.db"), []string{"k1"}, func(g *guard.Engine) {
				if _, _, err := g.Stamp(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
			return nil
		}, main: map[string]string{"store": "{embedded: {path: sealed.db}}"}, find: "store store problem", text: "the store is sealed with key", remedy: "do what the text says", code: 1},
	})
}
