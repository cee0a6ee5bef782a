package proxy_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "keycloak-scim-proxy/"

// walls is the only copy of the import rules: what a package of ours may import of ours, and why no more.
var walls = map[string]struct {
	may []string
	why string
}{
	"config":                     {[]string{"config/internal/strict", "config/internal/value"}, "what an operator may say is plain data"},
	"config/internal/strict":     {nil, "it decodes any structs"},
	"config/internal/value":      {nil, "it checks values and knows no keys"},
	"adapters":                   {[]string{"proxy/scim"}, "a dialect is data over the vocabulary"},
	"proxy/scim":                 {nil, "the vocabulary imports nothing of ours"},
	"proxy/scim/scimtest":        {[]string{"proxy/scim"}, "the contract speaks the vocabulary only"},
	"proxy/meter":                {nil, "bytes"},
	"proxy/scimhttp":             {[]string{"proxy/scim", "proxy/bulk", "proxy/meter"}, "the door knows no rooms: what depends on the caller comes in the Session"},
	"proxy/bulk":                 {[]string{"proxy/scim"}, "many calls through one Service: neither HTTP nor a room"},
	"proxy/tokens":               {nil, "a token is verified without layers, HTTP or configuration"},
	"proxy/tenants":              {nil, "who is calling is known without rooms or files"},
	"proxy/writing":              {[]string{"proxy/scim"}, "rooms never import rooms; the lock is a function"},
	"proxy/listing":              {[]string{"proxy/scim", "proxy/meter"}, "rooms never import rooms; the index is a function"},
	"proxy/overlay":              {[]string{"proxy/scim", "proxy/store", "proxy/meter"}, "the only room that keeps something"},
	"proxy/keycloak":             {[]string{"proxy/scim", "proxy/meter"}, "native quirks end here and nothing else begins"},
	"proxy/discovery":            {[]string{"proxy/scim"}, "prints an Able and schemas"},
	"proxy/store":                {[]string{"proxy/store/internal/codec"}, "records are bytes and terms"},
	"proxy/store/guard":          {[]string{"proxy/store"}, "a guard of any engine"},
	"proxy/store/embedded":       {[]string{"proxy/store", "proxy/store/internal/codec", "proxy/store/internal/locks"}, "an engine knows the contract only"},
	"proxy/store/redis":          {[]string{"proxy/store", "proxy/store/internal/codec"}, "an engine knows the contract only"},
	"proxy/store/storetest":      {[]string{"proxy/store", "proxy/store/guard", "proxy/store/internal/locks"}, "the suite knows the contracts only"},
	"proxy/onboarding":           {nil, "works with administrator credentials, apart from everything that serves"},
	"proxy/observe":              {[]string{"proxy/scim"}, "knows the vocabulary and no rooms, so that every room can be observed"},
	"proxy/store/internal/codec": {nil, "bytes"},
	"proxy/store/internal/locks": {[]string{"proxy/store"}, "a map of waiters"},
}

// owners are the only importers of a library, and why.
var owners = map[string]struct {
	who []string
	why string
}{
	"github.com/gorilla/mux":    {[]string{"proxy/scimhttp"}, "one door"},
	"github.com/tidwall/gjson":  {[]string{"proxy/scim", "test/"}, "its path language is a trap with URNs; scim hides it"},
	"github.com/coreos/go-oidc": {[]string{"proxy/tokens"}, "one place verifies tokens"},
	"github.com/go-jose":        {[]string{"proxy/tokens"}, "one place verifies tokens"},
	"github.com/redis/go-redis": {[]string{"proxy/store/redis"}, "one engine"},
	"go.etcd.io/bbolt":          {[]string{"proxy/store/embedded"}, "one engine"},
	"github.com/Nerzal/gocloak": {[]string{"proxy/onboarding"}, "it hides deadlines and does not escape ids: not at run time"},
	"github.com/goccy/go-yaml":  {[]string{"config/internal/strict"}, "YAML ends at the configuration"},
	"go.uber.org/zap":           {[]string{"cmd/scim-proxy", "proxy", "proxy/observe", "test/"}, "rooms are silent"},
	"github.com/spf13/cobra":    {[]string{"cmd/scim-proxy"}, "flags end at the commands"},
	"github.com/prometheus":     {[]string{"proxy", "proxy/observe"}, "rooms are silent"},
	"net/http":                  {[]string{"cmd/", "proxy", "proxy/scimhttp", "proxy/keycloak", "proxy/observe", "proxy/onboarding", "test/"}, "HTTP ends at the door and at the wire to Keycloak"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestWalls(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		wall, ruled := walls[name]
		seen[name] = true
		for _, path := range p.Imports {
			if ours, ok := strings.CutPrefix(path, module); ok && ruled && !slices.Contains(wall.may, ours) {
				t.Errorf("%s imports %s, but %s", name, ours, wall.why)
			}
			for library, o := range owners {
				if (path == library || strings.HasPrefix(path, library+"/")) && !owns(o.who, name) {
					t.Errorf("%s imports %s, but %s", name, path, o.why)
				}
			}
		}
		if !ruled && strings.HasPrefix(name, "proxy/") {
			t.Errorf("%s has no row in the table of walls", name)
		}
	}
	for name := range walls {
		if !seen[name] {
			t.Errorf("the table names %s, which is not there", name)
		}
	}
}

func owns(who []string, name string) bool {
	return slices.ContainsFunc(who, func(w string) bool { return w == name || strings.HasSuffix(w, "/") && strings.HasPrefix(name, w) })
}
