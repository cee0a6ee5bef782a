package importer_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer"
	"keycloak-scim-proxy/proxy/scim/document"
)

// A file that is not one of users is refused with one sentence, before anything is sent.
func TestForm(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, row := range []struct{ file, text, want string }{
		{"a.txt", "", "a.txt is neither .csv nor .jsonl"},
		{"a.csv", "", "a.csv: there is no header row"},
		{"a.csv", "title\nx\n", "a.csv: there is no column userName"},
		{"a.csv", "userName;title\nx;y\n", "a.csv: its columns are separated by semicolons (;), and import needs commas: save it again with commas"},
		{"a.csv", "title\t\"userName\"\r\nx\ty\r\n", "a.csv: its columns are separated by tabs"},
		{"a.csv", "USERNAME|title\n", "a.csv: its columns are separated by vertical bars (|)"},
		{"a.csv", "name;title\n", `a.csv: column "name;title": it is not a SCIM path`},
		{"a.csv", "\xff\xfeu\x00s\x00", "a.csv: the file is UTF-16LE: save it as UTF-8 (in a spreadsheet: CSV UTF-8), such as with: iconv -f UTF-16LE -t UTF-8"},
		{"a.csv", "\xfe\xff\x00u\x00s", "a.csv: the file is UTF-16BE"},
		{"a.csv", "u\x00s\x00e\x00", "a.csv: the file is UTF-16LE"},
		{"a.jsonl", "\x00{\x00}", "a.jsonl: the file is UTF-16BE"},
		{"a.csv", "userName,colour\n", `a.csv: column "colour": a user has no attribute colour`},
		{"a.csv", "userName,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\n", "it names a whole extension"},
		{"a.csv", "userName,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:desk\n", "a user has no attribute urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:desk"},
		{"a.csv", "userName,\n", `a.csv: column "": it is not a SCIM path`},
		{"a.csv", "userName,username\n", `a.csv: column "username" is there twice`},
		{"a.csv", "userName,urn:ietf:params:scim:schemas:core:2.0:User:userName\n", `is there twice`},
		{"a.csv", `userName,"emails[type eq ""work""].value","Emails[type eq ""WORK""].VALUE"`, `is there twice`},
		{"a.csv", "userName,name\n", `column "name": it needs a sub-attribute, as in name.value`},
		{"a.csv", "userName,name.nick\n", `column "name.nick": name has no sub-attribute nick`},
		{"a.csv", "userName,password\n", `column "password": passwords are not imported; leave them out`},
		{"a.csv", "userName,id\n", `column "id": the server sets it itself; put a # before its name to leave it out`},
		{"a.csv", "userName,groups.value\n", `column "groups.value": the server sets it itself`},
		{"a.csv", `userName,"emails[type ne ""work""].value"`, "a filter is of the form"},
		{"a.csv", "userName,schemas\n", "schemas"},
		{"a.csv", "userName,title\np01,T\np02\n", "a.csv: record on line 3: wrong number of fields"},
		{"a.csv", "userName,title\np01,\"T\np02,x\n", `a.csv: record on line 2; parse error on line 3, column 7: extraneous or missing " in quoted-field`},
		{"a.csv", "userName,title\np01,J\xfcrgen\n", "a.csv: line 2 is not UTF-8: its byte 0xFC is probably the ü of Latin-1 (ISO 8859-1) or Windows-1252: save it as UTF-8"},
		{"a.csv", "userName,title\n\"p\n01\",\x80\n", "a.csv: line 3 is not UTF-8: its byte 0x80 is probably Windows-1252"},
		{"a.csv", "userName,title\np00,\np01,\"" + long + long, "a.csv: a row is longer than 1 MiB (rows before it: 1); is a closing quote"},
		{"a.csv", "userName" + long + long, "a.csv: a row is longer than 1 MiB (rows before it: 0); is a closing quote"},
		{"a.jsonl", `{"userName":"` + long + `"}`, "a.jsonl: a row is longer than 1 MiB"},
		{"a.jsonl", `{"userName":"p01"}` + "\n\n{", "a.jsonl: line 3 is not valid JSON"},
		{"a.jsonl", `["p01"]`, "a.jsonl: line 1 is not a JSON object"},
		{"a.jsonl", `{"userName":"p01","USERNAME":"p02"}`, `a.jsonl: line 1 is wrong: the attribute "USERNAME" is given twice`},
		{"a.jsonl", "{\"userName\":\"J\xfcrgen\"}", "a.jsonl: line 1 is not UTF-8: its byte 0xFC is probably the ü of Latin-1"},
		{"a.jsonl", `{"userName":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", "a.jsonl: line 1 is wrong: the JSON is nested deeper than 50"},
	} {
		s := newSite(t)
		s.write(t, row.file, row.text)
		_, _, err := s.run(t.Context(), row.file)
		if err == nil || !strings.Contains(err.Error(), row.want) || len(s.requests) != 0 {
			t.Errorf("%.80q: %.200v, want %s", row.text, err, row.want)
		}
	}
	s := newSite(t)
	if _, _, err := s.run(t.Context(), "none.csv"); err == nil {
		t.Error("a file that is not there")
	}
	s.write(t, "a.csv", people(3))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := importer.Open(ended, s.dir+"/a.csv"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The resources that rows become.
func TestUsers(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	core := `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]`
	for _, row := range []struct{ file, text, want string }{
		{"a.csv", "userName\n ada \n", `{"userName":"ada",` + core + `}`},
		{"a.csv", "active,userName,#x,name.givenName\nTRUE,ada,zz,\"Ada \"\"A\"\"\nB\"\n", `{"active":true,"userName":"ada","name":{"givenName":"Ada \"A\"\nB"},` + core + `}`},
		{"a.csv", "userName,active,title\nada,,\n", `{"userName":"ada",` + core + `}`},
		{"a.csv", "userName,emails.value,emails.type,emails.primary\nada,a@x,work,true\n", `{"userName":"ada","emails":[{"value":"a@x","type":"work","primary":true}],` + core + `}`},
		{"a.csv", `userName,"emails[type eq ""work""].value","emails[type eq ""home""].value","emails[type eq ""work""].primary"` + "\nada,a@x,b@x,true\n",
			`{"userName":"ada","emails":[{"type":"work","value":"a@x","primary":true},{"type":"home","value":"b@x"}],` + core + `}`},
		{"a.csv", `userName,"emails[type eq ""work""].value"` + "\nada,\n", `{"userName":"ada",` + core + `}`},
		{"a.csv", "userName," + enterprise + ":department," + enterprise + ":manager.value,urn:x:User:badge\nada,D,7,12\n",
			`{"userName":"ada","` + enterprise + `":{"department":"D","manager":{"value":"7"}},"urn:x:User":{"badge":"12"},` +
				`"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","` + enterprise + `","urn:x:User"]}`},
		{"a.jsonl", `{"userName":"ada","x":[1,{"y":null}],"#error":"e"}`, `{"userName":"ada","x":[1,{"y":null}],` + core + `}`},
	} {
		s := newSite(t)
		s.write(t, row.file, row.text)
		if _, _, err := s.run(t.Context(), row.file); err != nil || len(s.users) != 1 {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		got := s.users[0].Without("id")
		if !gjson.Get(row.want, "active").Exists() {
			got = got.Without("active")
		}
		if !document.Same(got.String(), row.want) {
			t.Errorf("%s\n%s\nwant %s", row.text, got, row.want)
		}
	}
}

// The columns of an extension have the types that the server declares.
func TestDeclaredExtension(t *testing.T) {
	s := newSite(t)
	s.schemas = `[{"id":"urn:ietf:params:scim:schemas:core:2.0:Group","attributes":[{"name":"userName","type":"integer"}]},
{"id":"urn:x:2.0:User","attributes":[{"name":"level","type":"integer"},{"name":"share","type":"decimal"},{"name":"lead","type":"boolean"},{"name":"badge"},{"name":"floors","type":"integer","multiValued":true}]}]`
	s.write(t, "a.csv", "userName,urn:x:2.0:User:level,urn:x:2.0:User:share,urn:x:2.0:User:lead,urn:x:2.0:User:badge\n7,5,0.5,TRUE,12\nbob,five,,,\neve,,0x1p-2,,\nzoe,,,yes,\n")
	if _, _, err := s.run(t.Context(), "a.csv"); !errors.Is(err, importer.ErrFailures) || len(s.users) != 1 {
		t.Fatal(err, s.users)
	}
	if got, want := s.users[0].Raw("urn:x:2.0:User"), `{"level":5,"share":0.5,"lead":true,"badge":"12"}`; !document.Same(got, want) || s.users[0].Raw("userName") != `"7"` {
		t.Errorf("%s, want %s", got, want)
	}
	got := s.read(t, "a.failures.csv")
	for _, want := range []string{"level is not a number", "share is not a number", "lead is neither true nor false"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, column := range []string{"height", "floors"} {
		s.write(t, "b.csv", "userName,urn:x:2.0:User:"+column+"\nbob,5\n")
		if _, _, err := s.run(t.Context(), "b.csv"); err == nil || !strings.Contains(err.Error(), column) || len(s.requests) != 1 {
			t.Error(err)
		}
	}
}

// A row is done if its user exists exactly as the row describes. Otherwise the row fails, and the
// reason names the first attribute that differs.
func TestWhoIsThere(t *testing.T) {
	const there = `{"id":"0","userName":"Ada","active":true,"title":"T","name":{"givenName":"A","familyName":"L"},"emails":[{"value":"a@x","type":"work","primary":true},{"value":"b@x"}]}`
	for row, differs := range map[string]string{
		`{"userName":"ada"}`: "",
		`{"userName":"ADA","id":"7","meta":{"x":1},"groups":[{"value":"g"}]}`:           "",
		`{"userName":"ada","active":"True","nickName":null,"title":"T","roles":[]}`:     "",
		`{"userName":"ada","name":{"familyName":"L","middleName":""}}`:                  "name.middleName",
		`{"userName":"ada","emails":[{"value":"b@x","type":null},{"value":"a@x"}]}`:     "",
		`{"userName":"ada","emails":[{"value":"c@x"}]}`:                                 "emails",
		`{"userName":"ada","emails":[{"value":"b@x","type":"home"}]}`:                   "emails",
		`{"userName":"ada","active":false}`:                                             "active",
		`{"userName":"ada","title":"t"}`:                                                "title",
		`{"userName":"ada","name":{"givenName":"B"}}`:                                   "name.givenName",
		`{"userName":"ada","urn:ietf:params:scim:schemas:core:2.0:User":{"title":"t"}}`: "urn:ietf:params:scim:schemas:core:2.0:User:title",
	} {
		s := newSite(t)
		s.users = append(s.users, document.Must(there))
		s.write(t, "a.jsonl", row)
		_, _, err := s.run(t.Context(), "a.jsonl")
		got := gjson.Get(s.read(t, "a.failures.jsonl"), "#error").String()
		if (err == nil) != (differs == "") || !strings.HasSuffix(got, differs) || len(s.users) != 1 || s.users[0].String() != there {
			t.Errorf("%s: %v %s, want %s", row, err, got, differs)
		}
	}
}

// A large file is not kept in memory: a Source has less than 100 bytes per row.
func TestMemory(t *testing.T) {
	const rows = 20000
	s := newSite(t)
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `{"userName":"p%05d","title":"%01000d"}`+"\n", i, i)
	}
	s.write(t, "a.jsonl", b.String())
	b.Reset()
	before := live()
	source, err := importer.Open(t.Context(), s.dir+"/a.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if grown := live() - before; grown > 100*rows {
		t.Errorf("%d bytes live for %d rows", grown, rows)
	}
	runtime.KeepAlive(source)
}

// Progress is a line per answer, or a bar on a terminal.
func TestProgress(t *testing.T) {
	s := newSite(t)
	s.write(t, "a.csv", people(10))
	if _, drawn, err := s.run(t.Context(), "a.csv"); err != nil || drawn != "4/10 rows, 0 failed, 4000/s\n8/10 rows, 0 failed, 8000/s\n10/10 rows, 0 failed, 10000/s\n" {
		t.Errorf("%v %q", err, drawn)
	}
	s.terminal = true
	s.remove(t, "a.csv.progress")
	if _, drawn, err := s.run(t.Context(), "a.csv"); err != nil || !strings.HasPrefix(drawn, "\r[############..................] 4/10 rows, 0 failed, 4000/s\x1b[K\r") ||
		!strings.HasSuffix(drawn, "\r[##############################] 10/10 rows, 0 failed, 10000/s\x1b[K\n") {
		t.Errorf("%v %q", err, drawn)
	}
}
