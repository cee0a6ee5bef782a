package main

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var updateDoctor = flag.Bool("update-doctor", false, "write the sample in docs/doctor.md")

// sampleBlock is the sample in docs/doctor.md.
var sampleBlock = regexp.MustCompile("(?s)(\\$ scim-proxy doctor [^\n]*\n)(.*?)```")

// sample compares the sample of docs/doctor.md with what the program prints.
func (p *practice) sample(t *testing.T) {
	t.Helper()
	p.put("", `{"scimApiEnabled":false}`)()
	defer p.put("", `{"scimApiEnabled":true}`)()
	expires := time.Now().Add(10*24*time.Hour + time.Hour).UTC()
	chmod(t, p.dir+"/tenants.d/acme.secret", 0o640)
	defer chmod(t, p.dir+"/tenants.d/acme.secret", 0o600)
	config := p.write(nil, map[string]string{"acme": tenant("acme", p.realm.Name, "scim-acme", "acme.secret", "tokens: ["+token(", expires: "+expires.Format(time.RFC3339))+"]\n")})
	var out bytes.Buffer
	c := root()
	c.SetOut(&out)
	c.SetArgs(append([]string{"doctor", "--config", config}, p.admin...))
	if err := c.ExecuteContext(t.Context()); exitCode(err) != 1 {
		t.Errorf("%v\n%s", err, out.String())
	}
	got := strings.NewReplacer(p.dir, "/etc/scim-proxy", p.realm.Name, "saas", p.realm.Server.URL, "http://keycloak:8080", expires.Format(time.DateOnly), "2026-12-06").Replace(out.String())
	for pattern, text := range map[string]string{
		`(listen +)127\.0\.0\.1:\d+`: "${1}127.0.0.1:8080", `(adminListen +)127\.0\.0\.1:\d+`: "${1}127.0.0.1:9090", `\d+ of \d+ MiB`: "9604 of 19961 MiB", `http://localhost:1 `: "http://localhost:8080 ",
	} {
		got = regexp.MustCompile(pattern).ReplaceAllString(got, text)
	}
	const page = "../../docs/doctor.md"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if *updateDoctor {
		b = sampleBlock.ReplaceAllFunc(b, func(block []byte) []byte {
			command, _, _ := strings.Cut(string(block), "\n")
			return []byte(command + "\n" + got + "```")
		})
		if err := os.WriteFile(page, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(got, "warning  disk") {
		t.Skip("the disk of this machine is nearly full, so its report is not that of the sample")
	}
	found := sampleBlock.FindSubmatch(b)
	if found == nil {
		t.Fatalf("%s has no sample", page)
	}
	if diff := cmp.Diff(string(found[2]), got); diff != "" {
		t.Errorf("the sample in %s is old: run the test with -update-doctor\n%s", page, diff)
	}
}
