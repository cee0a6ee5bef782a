package proxy_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "keycloak-scim-proxy/"

// walls is the only copy of the import rules: what a package of ours may import of ours, and why no
// more. A name that ends with a slash stands for all packages below it. Only proxy, which composes the
// others, has no row. Besides, nothing outside test imports anything below it, but for _test files.
var walls = map[string]struct {
	may []string
	why string
}{
	"config/internal/strict":        {nil, "it decodes any structs"},
	"config/internal/value":         {nil, "it checks values and knows no keys"},
	"proxy/store/guard":             {[]string{"proxy/store"}, "a guard of any engine"},
	"config":                        {[]string{"config/internal/strict", "config/internal/value"}, "what an operator may say is plain data"},
	"adapters":                      {[]string{"proxy/scim", "proxy/protocol"}, "a dialect is data over the vocabulary"},
	"proxy/scim":                    {nil, "the vocabulary imports nothing of ours but its documents"},
	"proxy/scim/document":           {nil, "JSON"},
	"proxy/directory":               {[]string{"proxy/scim"}, "the language of the layers is standard SCIM"},
	"proxy/directory/directorytest": {[]string{"proxy/scim", "proxy/directory", "proxy/protocol"}, "the contract speaks the vocabulary only"},
	"proxy/protocol":                {[]string{"proxy/scim", "proxy/directory"}, "a List is answered by what it asks: Query and Page are shared"},
	"proxy/meter":                   {nil, "bytes"},
	"proxy/scimhttp":                {[]string{"proxy/scim", "proxy/protocol", "proxy/directory", "proxy/bulk", "proxy/meter"}, "the door knows no layers: what depends on the caller comes in the Session"},
	"proxy/bulk":                    {[]string{"proxy/scim", "proxy/protocol"}, "many calls through one Service: neither HTTP nor a layer"},
	"proxy/tokens":                  {nil, "whose a token is, is known without layers, HTTP or configuration"},
	"proxy/admission":               {[]string{"proxy/scim", "proxy/store", "proxy/tokens"}, "callers are known before there is a layer; how Keycloak is asked comes as functions"},
	"proxy/passthrough":             {[]string{"proxy/scim"}, "hands requests on and knows nothing of tenants"},
	"proxy/storemark":               {[]string{"proxy/scim", "proxy/store", "proxy/keycloak", "proxy/keycloak/fault", "proxy/overlay"}, "compares a store with its mark in Keycloak"},
	"proxy/health":                  {[]string{"proxy/scim", "proxy/store", "proxy/store/guard", "proxy/keycloak", "proxy/keycloak/fault", "proxy/keycloak/profile"}, "asks the store and Keycloak whether they work, beside the layers"},
	"proxy/transport":               {[]string{"config"}, "connections as configured"},
	"proxy/writing":                 {[]string{"proxy/scim", "proxy/protocol", "proxy/directory"}, "a layer never imports a layer; the lock is a function"},
	"proxy/listing":                 {[]string{"proxy/scim", "proxy/directory", "proxy/meter"}, "a layer never imports a layer; the index is a function"},
	"proxy/overlay":                 {[]string{"proxy/scim", "proxy/directory", "proxy/store", "proxy/meter"}, "the only layer that keeps something"},
	"proxy/keycloak/profile":        {[]string{"proxy/scim", "proxy/directory"}, "what a user profile means is decided without the wire"},
	"proxy/keycloak":                {[]string{"proxy/scim", "proxy/directory", "proxy/meter", "proxy/keycloak/fault", "proxy/keycloak/profile"}, "native quirks end here and nothing else begins"},
	"proxy/keycloak/fault":          {[]string{"proxy/scim"}, "what an answer proves is decided without the wire"},
	"proxy/discovery":               {[]string{"proxy/scim", "proxy/directory"}, "prints Capabilities and schemas"},
	"proxy/store":                   {[]string{"proxy/store/internal/codec"}, "records are bytes and terms"},
	"proxy/store/embedded":          {[]string{"proxy/store", "proxy/store/internal/codec", "proxy/store/internal/locks"}, "an engine knows the contract only"},
	"proxy/store/redis":             {[]string{"proxy/store", "proxy/store/internal/codec"}, "an engine knows the contract only"},
	"proxy/store/storetest":         {[]string{"proxy/store", "proxy/store/guard", "proxy/store/internal/locks"}, "the suite knows the contracts only"},
	"onboarding":                    {nil, "works with administrator credentials, apart from everything that serves"},
	"proxy/observe":                 {[]string{"proxy/scim", "proxy/keycloak/fault"}, "knows the vocabulary, faults and no layers, so that every layer can be observed"},
	"proxy/store/internal/codec":    {nil, "bytes"},
	"proxy/store/internal/locks":    {[]string{"proxy/store"}, "a map of waiters"},

	"cmd/scim-proxy":                            {[]string{"cmd/scim-proxy/internal/", "adapters", "config", "onboarding", "proxy", "proxy/"}, "commands are built from what an operator may say and what serves"},
	"cmd/scim-proxy/internal/importer":          {[]string{"cmd/scim-proxy/internal/scimclient", "proxy/scim"}, "an import knows any server by its SCIM API only"},
	"cmd/scim-proxy/internal/simulate":          {[]string{"cmd/scim-proxy/internal/scimclient"}, "the same conversation runs against a server without the proxy"},
	"cmd/scim-proxy/internal/kcserver":          {[]string{"cmd/scim-proxy/internal/procgroup"}, "starts Keycloak and knows nothing of the proxy"},
	"cmd/scim-proxy/internal/kcserver/keycloak": {[]string{"cmd/scim-proxy/internal/kcserver", "cmd/scim-proxy/internal/procgroup"}, "starts Keycloak and knows nothing of the proxy"},
	"cmd/scim-proxy/internal/scimclient":        {nil, "bodies are texts, so that a command reads them as it needs"},
	"cmd/scim-proxy/internal/procgroup":         {nil, "processes"},

	"test":             {nil, "has tests only"},
	"test/security":    {nil, "has tests only"},
	"test/corpus":      {[]string{"proxy/scim", "proxy/protocol"}, "files and end states, whoever serves them"},
	"test/kctest":      {nil, "talks to Keycloak beside the proxy, and to its starter through a command"},
	"test/prose":       {nil, "reads text"},
	"test/proxytest":   {[]string{"config", "proxy", "proxy/tokens"}, "runs a proxy as the program does"},
	"test/redisserver": {nil, "starts Redis and knows nothing of what is kept in it"},
}

// owners are the only importers of a library, and why.
var owners = map[string]struct {
	who []string
	why string
}{
	"github.com/gorilla/mux":                {[]string{"proxy/scimhttp"}, "one door"},
	"github.com/tidwall/gjson":              {[]string{"proxy/scim", "proxy/scim/document", "test/"}, "its path language is a trap with URNs; document hides it"},
	"github.com/tidwall/sjson":              {[]string{"onboarding"}, "its path language is a trap with names that are data; an index is none"},
	"github.com/coreos/go-oidc":             {[]string{"proxy/tokens"}, "one place verifies tokens"},
	"github.com/go-jose":                    {[]string{"proxy/tokens"}, "one place verifies tokens"},
	"github.com/redis/go-redis":             {[]string{"proxy/store/redis"}, "one engine"},
	"go.etcd.io/bbolt":                      {[]string{"proxy/store/embedded", "cmd/scim-proxy/internal/importer"}, "one engine, and the journal of an import"},
	"github.com/Nerzal/gocloak":             {[]string{"onboarding"}, "it hides deadlines and does not escape ids: not at run time"},
	"github.com/goccy/go-yaml":              {[]string{"config/internal/strict"}, "YAML ends at the configuration"},
	"go.uber.org/zap":                       {[]string{"cmd/scim-proxy", "proxy", "proxy/observe", "test/"}, "layers are silent"},
	"github.com/hashicorp/go-retryablehttp": {[]string{"cmd/scim-proxy/internal/scimclient"}, "one SCIM client"},
	"golang.org/x/oauth2":                   {[]string{"cmd/scim-proxy/internal/scimclient"}, "one SCIM client"},
	"github.com/gofrs/flock":                {[]string{"cmd/scim-proxy/internal/kcserver", "cmd/scim-proxy/internal/importer"}, "files that several processes of the program write"},
	"github.com/spf13/cobra":                {[]string{"cmd/scim-proxy"}, "flags end at the commands"},
	"github.com/prometheus":                 {[]string{"proxy", "proxy/observe"}, "layers are silent"},
	"net/http":                              {[]string{"cmd/", "proxy", "proxy/scimhttp", "proxy/keycloak", "proxy/keycloak/fault", "proxy/storemark", "proxy/health", "proxy/transport", "proxy/passthrough", "proxy/observe", "onboarding", "test/"}, "HTTP ends at the door and at the wire to Keycloak"},
	module + "onboarding":                   {[]string{"cmd/scim-proxy"}, "what holds administrator credentials never serves a request"},
}

// pure packages do no I/O and cannot be cancelled: they import none of impure.
var (
	pure   = []string{"adapters", "proxy/keycloak/profile"}
	impure = []string{"context", "net", "net/http", "os"}
)

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
			if slices.Contains(pure, name) && slices.Contains(impure, path) {
				t.Errorf("%s imports %s, but it is pure", name, path)
			}
			ours, ok := strings.CutPrefix(path, module)
			if ok && ruled && !allowed(name, wall.may, ours) {
				t.Errorf("%s imports %s, but %s", name, ours, wall.why)
			}
			if ok && below(ours, "test") && !below(name, "test") {
				t.Errorf("%s imports %s, but production imports nothing under test", name, ours)
			}
			for library, o := range owners {
				if (path == library || strings.HasPrefix(path, library+"/")) && !owns(o.who, name) {
					t.Errorf("%s imports %s, but %s", name, path, o.why)
				}
			}
		}
		if !ruled && strings.Contains(name, "/") {
			t.Errorf("%s has no row in the table of walls", name)
		}
	}
	for name := range walls {
		if !seen[name] {
			t.Errorf("the table names %s, which is not there", name)
		}
	}
}

// allowed reports whether a package may import another. Who speaks of resources reads their JSON.
func allowed(name string, may []string, imported string) bool {
	const vocabulary, documents = "proxy/scim", "proxy/scim/document"
	if imported == documents {
		return name == vocabulary || owns(may, vocabulary)
	}
	return owns(may, imported)
}

func below(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

// TestUnnamed holds the third law for the packages that keep it to the letter: they name no vendor.
func TestUnnamed(t *testing.T) {
	for _, name := range []string{"listing"} {
		files, err := filepath.Glob(filepath.Join(name, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(err, files)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ToLower(strings.ReplaceAll(string(b), module, ""))
			if strings.Contains(text, "keycloak") && !strings.HasSuffix(f, "_test.go") {
				t.Errorf("%s names Keycloak", f)
			}
		}
	}
}

func owns(who []string, name string) bool {
	return slices.ContainsFunc(who, func(w string) bool { return w == name || strings.HasSuffix(w, "/") && strings.HasPrefix(name, w) })
}
