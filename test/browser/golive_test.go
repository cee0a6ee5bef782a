package browser

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// providers are those whose requests `scim-proxy simulate` sends, and the lines of the checklist
// that stay red: OneLogin's template has neither title nor department at first.
var providers = map[string][]string{
	"entra": nil, "okta": nil, "jumpcloud": nil, "pingfederate": nil, "pingone": nil, "rippling": nil, "google": nil, "bamboohr": nil,
	"onelogin": {"title", "department"},
}

const requires = "state: staged\nrequiredAttributes: [title, department]"

// invited presses the button that makes a set-up link, and returns the link.
func (i *installation) invited(t testing.TB, operator *Tab, tenant string) string {
	t.Helper()
	operator.Open(i.console + "/tenants/" + tenant)
	operator.Submit(`a[href$="/do/invite"]`)
	if got := operator.Submit("main form button"); got != http.StatusOK {
		t.Fatalf("the link: %d %s", got, operator.Text("main"))
	}
	link := strings.TrimSpace(operator.Text("#secret"))
	if !strings.HasPrefix(link, i.public+"/setup/") {
		t.Fatalf("the link is %q", link)
	}
	return link
}

// begin opens a set-up link, begins, and makes the token. The page with the token stays open.
func begin(t testing.TB, b *Tab, link string) (token string) {
	t.Helper()
	b.Open(link)
	b.Submit("main button")
	b.WaitFor("#progress", "at most 25 users")
	if got := b.Submit("main form button"); got != http.StatusOK {
		t.Fatalf("the token: %d %s", got, b.Text("main"))
	}
	return strings.TrimSpace(b.Text("#new-token"))
}

// simulate lets a provider do all that it does.
func (i *installation) simulate(t testing.TB, idp, tenant, token string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program(t), "simulate", "--idp", idp, "--url", i.public, "--tenant", tenant, "--token-file", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "FAIL") {
		t.Errorf("%v\n%s", err, out)
	}
}

// unloaded marks the page, and reports later whether it was loaded again.
func unloaded(b *Tab) (still func() bool) {
	Eval[bool](b, `() => window.notLoadedAgain = true`)
	return func() bool { return Eval[bool](b, `() => window.notLoadedAgain === true`) }
}

// lineStates returns the state and the title of each line of a checklist.
const lineStates = `() => [...document.querySelectorAll("#progress .steps li")].map(e => e.querySelector(".badge").innerText + " " + e.querySelector("strong").innerText)`

// settled waits until no line is open, and returns the lines that are not done.
func settled(b *Tab) (not []string) {
	b.await("lines that are all done or failed", func() (bool, string) {
		all := Eval[[]string](b, lineStates)
		not = nil
		open := len(all) == 0
		for _, l := range all {
			open = open || strings.HasPrefix(l, "open")
			if !strings.HasPrefix(l, "done") {
				not = append(not, l)
			}
		}
		return !open, strings.Join(all, "\n")
	})
	return not
}

// A tenant comes from `tenant add` to live in browsers only, whatever its provider is: the operator
// makes a link, the customer begins with it and connects the provider, sees the open page turn
// green, and the operator makes the tenant live.
func TestFromStagedToLive(t *testing.T) {
	t.Parallel()
	i := install(t, plan{})
	i.write("password", i.realm.Server.AdminPassword)
	bosses := map[string]string{} // users that were there before: no trial may change them
	for idp := range providers {
		realm := kctest.NewRealm(t)
		bosses[idp] = realm.NewUser("boss")
		out, code := proxytest.Run(t, program(t), "tenant", "add", idp, "--config", i.config(), "--realm", realm.Name, "--idp", idp, "--require", "title,department",
			"--admin-user", i.realm.Server.AdminUser, "--admin-password-file", filepath.Join(i.dir, "password"))
		if code != 0 {
			t.Fatalf("tenant add %s: %d\n%s", idp, code, out)
		}
	}
	i.start()
	operator := i.operator(t, "")
	for idp, missing := range providers {
		if t.Failed() {
			break // the operator's tab may be anywhere
		}
		customer := New(t, Desktop)
		link := i.invited(t, operator, idp)
		token := begin(t, customer, link)
		write := func(want int) {
			t.Helper()
			patch := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"displayName","value":"Boss of ` + idp + `"}]}`
			if a := i.scim(t, http.MethodPatch, idp, token, "/Users/"+bosses[idp], patch); a.Status != want {
				t.Errorf("%s: a write outside of the trial: %d %s", idp, a.Status, a.Body)
			}
		}
		write(http.StatusTooManyRequests)
		still := unloaded(customer)
		i.simulate(t, idp, idp, token)
		not := settled(customer)
		if len(not) != len(missing) {
			t.Errorf("%s: not done: %q", idp, not)
		}
		for n, name := range missing {
			if n >= len(not) || !strings.HasPrefix(not[n], "failed ") || !strings.Contains(not[n], name) {
				t.Errorf("%s: not done: %q, want %q", idp, not, missing)
			}
			i.waive(t, operator, customer, idp, name)
		}
		customer.WaitFor("#progress", "All is done")

		operator.Open(i.console + "/tenants/" + idp)
		operator.Submit(`a[href$="/do/live"]`)
		if got := operator.Submit("main form button"); got != http.StatusOK {
			t.Errorf("%s: live: %d %s", idp, got, operator.Text("main"))
		}
		customer.WaitFor("#progress", "The tenant is live")
		if !still() {
			t.Errorf("%s: the page of the customer was loaded again", idp)
		}
		write(http.StatusOK)
		operator.Open(i.console + "/tenants/" + idp)
		if got := operator.Text("dl.facts"); !strings.Contains(got, "live") {
			t.Errorf("%s: %s", idp, got)
		}
	}
}

// waive tries to make the tenant live, which is refused, and waives a line.
func (i *installation) waive(t testing.TB, operator, customer *Tab, tenant, name string) {
	t.Helper()
	operator.Open(i.console + "/tenants/" + tenant + "/do/live")
	if got := operator.Submit("main form button"); got < 400 || !strings.Contains(operator.Text("main"), name) {
		t.Errorf("%s: live with a red line: %d %s", tenant, got, operator.Text("main"))
	}
	operator.Open(i.console + "/tenants/" + tenant)
	operator.Submit(fmt.Sprintf(`a[href*="/do/waive"][href$=%q]`, name))
	operator.Fill("[name=reason]", "The customer's directory has no "+name+".")
	if got := operator.Submit("main form button"); got != http.StatusOK {
		t.Errorf("%s: waive: %d %s", tenant, got, operator.Text("main"))
	}
	customer.WaitFor("#progress", "The customer's directory has no "+name)
}
