package test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/test/proxytest"
)

const (
	fewUsers, manyUsers = 2000, 20000
	// manyTitled is how many of manyUsers have a title; of fewUsers all have one.
	manyTitled = 20000
)

// BenchmarkLists compares lists of a realm with few users and of one with many, through the proxy
// and natively. Keycloak ignores sortBy, and it does not store titles, so that a client without the
// proxy has to read all users to sort them or to look for a title, which it does not find.
func BenchmarkLists(b *testing.B) {
	binary := proxytest.Build(b)
	few, many := newLists(b, binary, fewUsers, fewUsers), newLists(b, binary, manyUsers, manyTitled)
	warmUp(b, few.contenders()...) // it warms up the server for many too
	takeTurns(b, 5, few.contenders()...)
	takeTurns(b, 3, many.contenders()...) // each round takes minutes
	t := head("list", "ours 2,000 ms", "native 2,000 ms", "native/ours", "ours 20,000 ms", "native 20,000 ms", "native/ours", "growth of ours")
	for i, row := range few.rows {
		other := many.rows[i]
		t.add(row.name, row.ours.cell(), row.native.cell(), row.native.times(row.ours),
			other.ours.cell(), other.native.cell(), other.native.times(other.ours), other.ours.times(row.ours))
	}
	t.print()
	many.memory(b)
}

// lists are the rows of a realm.
type lists struct {
	*arena
	natives []*contender
	rows    []listRow
}

type listRow struct {
	name         string
	ours, native *contender
}

func newLists(b *testing.B, binary string, users, titled int) *lists {
	b.Helper()
	l := &lists{arena: newArena(b, binary)}
	start := time.Now()
	ids := l.fill(b, users)
	filled := time.Since(start)
	l.title(b, ids[:titled])
	fmt.Printf("%d users made in %.0f s, %d of them given a title in %.0f s\n", users, filled.Seconds(), titled, (time.Since(start) - filled).Seconds())
	native := func(name string, run func() error) *contender {
		c := &contender{name: name, run: run}
		l.natives = append(l.natives, c)
		return c
	}
	named := "/Users?" + filtered(fmt.Sprintf(`userName eq "user%05d"`, users/2))
	lookUp := native("native look-up", l.native.sends("GET", named, ""))
	page := native("native page", l.native.sends("GET", "/Users?count=100", ""))
	walk := native("native walk", func() error { return l.nativeWalk(users) })
	row := func(name string, native *contender, run func() error) {
		l.rows = append(l.rows, listRow{name, &contender{name: name, run: run}, native})
	}
	get := func(query string) func() error { return l.ours.sends("GET", "/Users?"+query, "") }
	row("userName eq, hit", lookUp, l.ours.sends("GET", named, ""))
	row("page of 100", page, get("count=100"))
	row("sorted by name.familyName, page of 20", walk, get("sortBy=name.familyName&count=20"))
	row("descending by userName, page of 20", walk, get("sortBy=userName&sortOrder=descending&count=20"))
	row("whole walk", walk, l.ourWalk)
	row("externalId eq, no match", walk, get(filtered(`externalId eq "x"`)))
	row("title eq, hit", walk, l.finds(filtered(`title eq "Title 00042"`), 1))
	row("sorted by title, page of 20", walk, get("sortBy=title&count=20"))
	row("title co, 10 matches", walk, l.finds(filtered(`title co "itle 0012"`)+"&count=20", 10))
	return l
}

func filtered(filter string) string { return url.Values{"filter": {filter}}.Encode() }

// title gives users a title through the proxy, by bulk requests.
func (l *lists) title(b *testing.B, ids []string) {
	b.Helper()
	for some := range slices.Chunk(slices.Collect(func(yield func(string) bool) {
		for i, id := range ids {
			op := fmt.Sprintf(`{"method":"PATCH","path":"/Users/%s","data":{"Operations":[{"op":"add","path":"title","value":"Title %05d"}]}}`, id, i)
			if !yield(op) {
				return
			}
		}
	}), 1000) {
		answer, err := l.ours.send("POST", "/Bulk", bulkRequest(some...))
		if done := strings.Count(string(answer), `"status":"200"`); err != nil || done != len(some) {
			b.Fatalf("%d of %d users have a title: %v %.500s", done, len(some), err, answer)
		}
	}
}

// finds lists users, and checks how many there are.
func (l *lists) finds(query string, n int64) func() error {
	return func() error {
		answer, err := l.ours.send("GET", "/Users?"+query, "")
		if found := gjson.GetBytes(answer, "totalResults").Int(); err == nil && found != n {
			return fmt.Errorf("%d users, want %d", found, n)
		}
		return err
	}
}

func (l *lists) nativeWalk(users int) error {
	for start := 1; start <= users; start += 100 {
		if _, err := l.native.send("GET", fmt.Sprintf("/Users?startIndex=%d&count=100", start), ""); err != nil {
			return err
		}
	}
	return nil
}

func (l *lists) ourWalk() error {
	for next, more := "", true; more; more = next != "" {
		answer, err := l.ours.send("GET", "/Users?count=1000&cursor="+url.QueryEscape(next), "")
		if err != nil {
			return err
		}
		next = gjson.GetBytes(answer, "nextCursor").String()
	}
	return nil
}

func (l *lists) contenders() []*contender {
	all := slices.Clone(l.natives)
	for _, row := range l.rows {
		all = append(all, row.ours)
	}
	return all
}

// memory prints the resident memory of a proxy that has just started, and its peak during lists
// that read all users.
func (l *lists) memory(b *testing.B) {
	b.Helper()
	t := head(fmt.Sprintf("memory of the proxy, %d users", manyUsers), "before MiB", "peak MiB")
	for _, row := range []struct {
		name string
		run  func() error
	}{
		{"sorted by name.familyName, page of 20", func() error { return l.sortedPage(20) }},
		{"sorted by name.familyName, page of 1,000", func() error { return l.sortedPage(1000) }},
		{"whole walk", l.ourWalk},
	} {
		l.start(b) // so that the peak is that of this row; l.ours changes
		p := process(l.program.Cmd.Process.Pid)
		before, _ := p.resident()
		err := row.run()
		_, peak := p.resident()
		if err != nil {
			row.name += ": " + err.Error()
		}
		t.add(row.name, before, peak)
	}
	t.print()
}

func (l *lists) sortedPage(count int) error {
	_, err := l.ours.send("GET", fmt.Sprintf("/Users?sortBy=name.familyName&count=%d", count), "")
	return err
}
