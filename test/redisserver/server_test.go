package redisserver

import (
	"strconv"
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
				if reply, err := s.Do("PING"); err == nil {
					t.Fatalf("%s: still answers %q", key, reply)
				}
				s.Restart()
				if got, err := s.Do("GET", key); err != nil || got != "there" {
					t.Errorf("%s: %q, %v", key, got, err)
				}
			}
		})
	}
}

func TestTheUserMayDoWhatItsRulesSay(t *testing.T) {
	s := Start(t, Options{Username: "scim", Password: "s3cret", ACL: "~a* +get"})
	if _, err := s.Do("SET", "a", "1"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ user, password, command, key, want string }{
		{"scim", "s3cret", "GET", "a", ""},
		{"scim", "s3cret", "GET", "b", "NOPERM"},
		{"scim", "s3cret", "DEL", "a", "NOPERM"},
		{"scim", "wrong", "GET", "a", "WRONGPASS"},
		{"default", "", "GET", "a", "WRONGPASS"},
	} {
		if _, err := s.as(c.user, c.password, c.command, c.key); (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s %s by %s: %v, want %q", c.command, c.key, c.user, err, c.want)
		}
	}
}

func TestEachNodeOfAClusterServesItsShare(t *testing.T) {
	c := StartCluster(t, Options{})
	check := func() {
		t.Helper()
		for i := range 30 {
			serving := 0
			for _, n := range c.Nodes {
				switch _, err := n.Do("SET", strconv.Itoa(i), "there"); {
				case err == nil:
					serving++
				case !strings.HasPrefix(err.Error(), "MOVED"):
					t.Errorf("key %d: %v", i, err)
				}
			}
			if serving != 1 {
				t.Errorf("key %d is served by %d nodes", i, serving)
			}
		}
	}
	check()
	c.Nodes[1].Kill()
	c.Nodes[1].Restart()
	c.Await()
	check()
}

func TestMissingServerIsOneSentence(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := installed(); err == nil || !strings.Contains(err.Error(), "apt-get install redis-server") {
		t.Errorf("got %v", err)
	}
}
