package test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/proxytest"
)

// imports runs `scim-proxy import`.
type imports struct {
	binary, url, token, dir string
}

func (i imports) command(file string) *exec.Cmd {
	c := exec.Command(i.binary, "import", file, "--url", i.url, "--tenant", "acme", "--token-file", i.token, "--batch", "40")
	c.Dir = i.dir
	return c
}

// run imports a file. It returns the output and the exit code.
func (i imports) run(t *testing.T, file string) (string, int) {
	t.Helper()
	out, err := i.command(file).CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	} else if err != nil {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

func (i imports) write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(i.dir, file), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// staff is the number of rows in staffFile that can be imported. Five others cannot.
const staff = 400

const staffHeader = "userName,externalId,name.givenName,name.familyName,emails.value,title,active"

func staffRow(n int) string {
	return fmt.Sprintf("Staff%03[1]d,e-%03[1]d,Given%[1]d,\"Family, %[1]d\",staff%03[1]d@example.com,Title %[1]d,", n)
}

func staffFile() string {
	rows := []string{staffHeader}
	for n := range staff {
		switch n {
		case 7:
			rows = append(rows, ",no-name,A,B,noname@example.com,T,")
		case 60:
			rows = append(rows, "STAFF003,e-x,A,B,other@example.com,T,") // the userName of an earlier row
		case 61:
			rows = append(rows, "maybe,e-y,A,B,maybe@example.com,T,perhaps")
		case 150:
			rows = append(rows, "before,e-z,A,B,before@example.com,Not mine,") // exists already, with other values
		case 290:
			rows = append(rows, "taken,e-w,A,B,staff004@example.com,T,")
		}
		rows = append(rows, staffRow(n))
	}
	return strings.Join(rows, "\n") + "\n"
}

// TestImportIsInterrupted ends an import at many points, one after the other, and lets the last
// run finish: every row is imported exactly once, failed rows are in the file of failures, and
// they are imported after they are corrected.
func TestImportIsInterrupted(t *testing.T) {
	w := newWorld(t)
	keycloak := newFaulty(t, w.realm.Server.URL)
	w.through(t, keycloak, 30*time.Second)
	front := newFaulty(t, w.proxy)
	c := client{w.base(), w.tenantToken}
	mine, err := c.send(t.Context(), "POST", "/Users", `{"userName":"before","title":"Mine","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"before@example.com"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	i := imports{proxytest.Build(t), front.URL, filepath.Join(t.TempDir(), "token"), t.TempDir()}
	if err := os.WriteFile(i.token, []byte(w.tenantToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	i.write(t, "staff.csv", staffFile())
	for n, k := range []struct {
		where *faulty
		step  int
		when  moment
		how   os.Signal
	}{
		{front, 1, after, os.Kill},            // after the request for the limits
		{front, 2, before, os.Kill},           // the first batch never arrives
		{keycloak, 1, before, os.Kill},        // in the middle of a batch
		{keycloak, 1, after, os.Kill},         //
		{keycloak, 25, before, os.Kill},       //
		{front, 2, after, os.Kill},            // a whole batch is created, and its answer is lost
		{front, 20, after, os.Kill},           // some conflicts have been looked up
		{keycloak, 150, after, os.Kill},       // in the middle of the second batch
		{keycloak, 180, before, os.Interrupt}, //
		{front, 4, before, os.Interrupt},      //
		{keycloak, 60, after, os.Kill},        //
		{front, 3, after, os.Interrupt},       //
		{keycloak, 130, before, os.Kill},      // in the middle of a later batch
	} {
		g := newGate(k.step)
		k.where.hold(g, k.when)
		run, said := i.command("staff.csv"), bytes.Buffer{}
		run.Stderr = &said
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		held, err := g.during(run.Wait, func() {
			if err := run.Process.Signal(k.how); err != nil {
				t.Error(err)
			}
		})
		k.where.heal()
		if !held || err == nil {
			t.Errorf("%d: the import finished before it was interrupted: %v", n, err)
		}
		if interrupted := strings.HasSuffix(said.String(), "interrupted: run the same command again to go on\n"); interrupted != (k.how == os.Interrupt) {
			t.Errorf("%d: %s", n, said.String())
		}
	}
	if n := gjson.ParseBytes(w.realm.Admin("GET", "/users/count", "").Body).Int(); n < staff/3 || n > staff-20 {
		t.Errorf("%d users: the import was not interrupted in its middle", n)
	}
	said, code := i.run(t, "staff.csv")
	if code != 1 || !strings.Contains(said, "staff.csv: 405 rows, 400 imported, 5 failed, 0 open\nwhat failed is in staff.failures.csv: correct it and import it\n") {
		t.Errorf("%d %s", code, said)
	}
	want := map[string]string{"before": "Mine"}
	for n := range staff {
		want[fmt.Sprintf("staff%03d", n)] = fmt.Sprintf("Title %d", n)
	}
	w.has(t, c, want)
	if again, code := i.run(t, "staff.csv"); code != 1 || !strings.Contains(again, "400 imported, 5 failed, 0 open") {
		t.Errorf("again: %d %s", code, again)
	}

	i.corrected(t)
	if said, code := i.run(t, "staff.failures.csv"); code != 0 || !strings.HasSuffix(said, "staff.failures.csv: 5 rows, 5 imported, 0 failed, 0 open\n") {
		t.Errorf("%d %s", code, said)
	}
	for _, name := range []string{"named", "other", "maybe", "taken", "after"} {
		want[name] = "T"
	}
	w.has(t, c, want)
	now, err := c.send(t.Context(), "GET", "/Users/"+mine.Resource.ID(), "")
	if err != nil || now.Version != mine.Version {
		t.Errorf("the user that existed before was changed: %v %s", err, now.Resource)
	}
}

// corrected checks the file of failures and corrects its rows.
func (i imports) corrected(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(i.dir, "staff.failures.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var names, reasons []string
	for _, r := range rows {
		names, reasons = append(names, r[0]), append(reasons, r[len(r)-1])
	}
	if d := cmp.Diff([]string{"userName", "", "STAFF003", "maybe", "before", "taken"}, names); d != "" {
		t.Fatal(d)
	}
	for n, words := range []string{"#error", "400 ", "line 5 has the same userName", "active is neither true nor false", "differs in externalId", "409 "} {
		if !strings.Contains(reasons[n], words) {
			t.Errorf("row %d: %q, want %q", n, reasons[n], words)
		}
	}
	rows[1][0], rows[2][0], rows[3][6], rows[4][0], rows[5][4] = "named", "other", "FALSE", "after", "taken@example.com"
	rows[4][4], rows[4][5] = "after@example.com", "T"
	var out strings.Builder
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	i.write(t, "staff.failures.csv", out.String())
}

// has fails the test unless the realm has exactly the users in want (titles by userName), in
// Keycloak and through the proxy.
func (w *world) has(t *testing.T, c client, want map[string]string) {
	t.Helper()
	var names []string
	for _, u := range gjson.ParseBytes(w.realm.Admin("GET", "/users?max=1000", "").Body).Array() {
		names = append(names, u.Get("username").String())
	}
	slices.Sort(names)
	var wanted []string
	for name := range want {
		wanted = append(wanted, name)
	}
	slices.Sort(wanted)
	if d := cmp.Diff(wanted, names); d != "" {
		t.Errorf("Keycloak's users: %s", d)
	}
	if n := string(w.realm.Admin("GET", "/users/count", "").Body); n != fmt.Sprint(len(want)) {
		t.Errorf("Keycloak counts %s users, want %d", n, len(want))
	}
	got := map[string]string{}
	for start := 1; start <= len(want); start += 100 {
		a, err := c.send(t.Context(), "GET", fmt.Sprintf("/Users?attributes=userName,title&count=100&startIndex=%d", start), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range a.Page.Resources {
			got[strings.ToLower(document.Text(u.Raw("userName")))] = document.Text(u.Raw("title"))
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the users and titles that the proxy shows: %s", d)
	}
}
