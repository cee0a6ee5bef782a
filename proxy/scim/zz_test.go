package scim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

func TestZZ(t *testing.T) {
	s := scim.CoreSchemas()
	try := func(r string, kind scim.OpKind, path, v string) {
		var p scim.Path
		if path != "" {
			var err error
			if p, err = scim.ParsePath(path); err != nil {
				fmt.Println("path", err)
				return
			}
		}
		out, err := s.Apply(scim.User, scim.Must(r), []scim.Op{{Kind: kind, Path: p, Value: v}})
		fmt.Println(kind, path, v, "=>", out, err)
	}
	try(`{}`, scim.Add, "", `{"urn:x:User":{"m":{"value":1}}}`)
	try(`{}`, scim.Add, "", `{"urn:x:User":{"":1}}`)
	try(`{"urn:x:User":{"a":[1]}}`, scim.ReplaceAll, "urn:x:User:a", `5`)
	try(`{"urn:x:User":{"a":[1]}}`, scim.ReplaceAll, "urn:x:User:a.b", `5`)
	try(`{"urn:x:User":{"a":{"b":1}}}`, scim.Remove, `urn:x:User:a[b eq 2]`, ``)
	try(`{"urn:x:User":{"a":["x","y"]}}`, scim.Remove, `urn:x:User:a[value eq "x"].foo`, ``)
	try(`{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"x"}}`, scim.Add, "", `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":null}`)
	try(`{}`, scim.Add, "name", `{"givenName":null,"familyName":"x"}`)
	try(`{}`, scim.Add, "", `{"urn:x:1.0":{"a":1}}`)
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		w := scim.Want{Attributes: []scim.AttrPath{scim.MustPath("urn:x:User:tags"), scim.MustPath("urn:x:User:tags.value")}}
		fmt.Println(w.Trim(s, scim.User, scim.Must(`{"id":"1","urn:x:User":{"tags":["a","b"]}}`)))
	}()
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		w := scim.Want{Attributes: []scim.AttrPath{scim.MustPath("urn:x:User:tags.value")}}
		fmt.Println(w.Trim(s, scim.User, scim.Must(`{"id":"1","urn:x:User":{"tags":["a","b"]}}`)))
		w = scim.Want{Attributes: []scim.AttrPath{scim.MustPath("urn:x:User")}}
		fmt.Println(w.Trim(s, scim.User, scim.Must(`{"id":"1","urn:x:User":{"tags":["a","b"]}}`)))
		w = scim.Want{Attributes: []scim.AttrPath{scim.MustPath("emails.foo"), scim.MustPath("name.foo")}}
		fmt.Println(w.Trim(s, scim.User, scim.Must(`{"id":"1","name":{"givenName":"x"},"emails":[{"value":"b"}]}`)))
	}()
	for _, n := range []int{1000, 10000} {
		var b strings.Builder
		b.WriteString(`{"urn:x:User":{`)
		for i := range n {
			fmt.Fprintf(&b, `"a%d":%d,`, i, i)
		}
		b.WriteString(`"z":1}}`)
		r := scim.Must(b.String())
		st := time.Now()
		r.Assigned()
		fmt.Println(n, "assigned", time.Since(st))
		st = time.Now()
		fmt.Println(len(scim.Diff(scim.Must("{}"), r)))
		fmt.Println(n, "diff", time.Since(st))
		st = time.Now()
		_, err := s.Apply(scim.User, scim.Must("{}"), []scim.Op{{Kind: scim.Add, Value: b.String()}})
		fmt.Println(n, "apply", time.Since(st), err)
		st = time.Now()
		fmt.Println(s.Check(scim.User, r))
		fmt.Println(n, "check", time.Since(st))
		var es []string
		for i := range n {
			es = append(es, fmt.Sprintf(`{"value":"v%d"}`, i))
		}
		if n == 1000 {
			st = time.Now()
			_, err = s.Apply(scim.User, scim.Must("{}"), []scim.Op{{Kind: scim.Add, Path: scim.Path{AttrPath: scim.MustPath("emails")}, Value: scim.Array(es)}})
			fmt.Println(n, "add", time.Since(st), err)
		}
	}
}
