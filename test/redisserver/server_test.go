package redisserver

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDataOutliveTheProcess(t *testing.T) {
	for name, o := range map[string]Options{
		"open":    {},
		"guarded": {Username: "scim", Password: "s3cret", ACL: "~* +@all", TLS: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := Start(t, o)
			for key, end := range map[string]func(){"stopped": s.Stop, "killed": s.Kill} {
				s.must("SET", key, "there")
				end()
				if reply, err := s.do("PING"); err == nil {
					t.Fatalf("%s: still answers %q", key, reply)
				}
				s.Restart()
				if got, err := s.do("GET", key); err != nil || got != "there" {
					t.Errorf("%s: %q, %v", key, got, err)
				}
			}
		})
	}
}

func TestOnlyTheUserMayLogIn(t *testing.T) {
	s := Start(t, Options{Username: "scim", Password: "s3cret", ACL: "~a* +get"})
	if _, err := s.do("SET", "a", "1"); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
		t.Errorf("a forbidden command: %v", err)
	}
	s.options.Username = "" // as a client that does not log in
	if _, err := s.do("GET", "a"); err == nil || !strings.HasPrefix(err.Error(), "NOAUTH") {
		t.Errorf("without login: %v", err)
	}
}

func TestClusterServes(t *testing.T) {
	c := StartCluster(t, Options{})
	if _, err := c.Nodes[0].do("GET", "somewhere else"); err == nil || !strings.HasPrefix(err.Error(), "MOVED") {
		t.Errorf("a key of another node: %v", err)
	}
	c.Nodes[1].Kill()
	c.Nodes[1].Restart()
	c.Await()
}

func TestMissingServerIsOneSentence(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := installed(); err == nil || !strings.Contains(err.Error(), "apt-get install redis-server") {
		t.Errorf("got %v", err)
	}
}
