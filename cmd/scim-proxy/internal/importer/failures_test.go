package importer_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// The file of failures has each failed row with its reason. Users can correct the file and import
// it. Users that existed before stay as they were.
func TestFailures(t *testing.T) {
	for _, row := range []struct{ file, text, failures, corrected string }{
		{"users.csv", "\xef\xbb\xbfuserName,title,active,emails.value,#note\r\nada,\"Countess, the\",,a@x,keep\r\nBob,T,maybe,,\r\neve,other,,,\r\n,none,,,\r\nADA,T,,,\r\nzoe,T,FALSE,a@x,\r\nbreak,,,,\r\n",
			"userName,title,active,emails.value,#note,#error\n" +
				"Bob,T,maybe,,,active is neither true nor false\neve,other,,,,409 userName is taken; the user who is there differs in title\n" +
				",none,,,,400 userName is missing\nADA,T,,,,line 2 has the same userName\nzoe,T,FALSE,a@x,,409 the e-mail address is taken; line 2 has the same e-mail address\nbreak,,,,,500 something broke\n",
			"userName,title,active,#note,#error\nBob,T,true,,active is neither true nor false\neve,mine,,,409\nada2,T,,,\nzoe,T,FALSE,,\n"},
		{"users.jsonl", `{"userName":"ada","title":"Countess, the","emails":[{"value":"a@x"}]}` + "\n\n" + `{"userName":"Bob","password":"x"}` + "\r\n" + `{"userName":"eve","title":"other"}` + "\n" +
			`{"title":"none"}` + "\n" + `{"userName":"ADA","title":"T"}` + "\n" + `{"userName":"zoe","active":false,"emails":[{"value":"a@x"}]}` + "\n" + `{"userName":"break"}`,
			`{"userName":"Bob","password":"x","#error":"passwords are not imported; leave them out"}` + "\n" +
				`{"userName":"eve","title":"other","#error":"409 userName is taken; the user who is there differs in title"}` + "\n" +
				`{"title":"none","#error":"400 userName is missing"}` + "\n" + `{"userName":"ADA","title":"T","#error":"line 1 has the same userName"}` + "\n" +
				`{"userName":"zoe","active":false,"emails":[{"value":"a@x"}],"#error":"409 the e-mail address is taken; line 1 has the same e-mail address"}` + "\n" + `{"userName":"break","#error":"500 something broke"}` + "\n",
			`{"userName":"Bob","title":"T","#error":"x"}` + "\n" + `{"userName":"eve","title":"mine"}` + "\n" + `{"userName":"ada2"}` + "\n" + `{"userName":"zoe","active":false}` + "\n"},
	} {
		t.Run(row.file, func(t *testing.T) {
			s := newSite(t)
			s.users = []scim.Resource{document.Must(`{"id":"0","userName":"Eve","title":"mine","nickName":"E"}`)}
			ext := filepath.Ext(row.file)
			s.write(t, row.file, row.text)
			said, _, err := s.run(t.Context(), row.file)
			if !errors.Is(err, importer.ErrFailures) || said != row.file+": 7 rows, 1 imported, 6 failed, 0 open\nwhat failed is in users.failures"+ext+": correct it and import it\n" {
				t.Errorf("%v %s", err, said)
			}
			if d := cmp.Diff(row.failures, s.read(t, "users.failures"+ext)); d != "" {
				t.Error(d)
			}
			// Imported without corrections, all rows fail again for the same reasons.
			if said, _, err = s.run(t.Context(), "users.failures"+ext); !errors.Is(err, importer.ErrFailures) || !strings.Contains(said, "6 rows, 0 imported, 6 failed") {
				t.Errorf("%v %s", err, said)
			}
			s.remove(t, "users.failures"+ext+".progress")
			s.write(t, "users.failures"+ext, row.corrected)
			// Importing the first file again does not overwrite the corrected file.
			if _, _, err := s.run(t.Context(), row.file); !errors.Is(err, importer.ErrFailures) || s.read(t, "users.failures"+ext) != row.corrected {
				t.Errorf("%v %s", err, s.read(t, "users.failures"+ext))
			}
			if said, _, err = s.run(t.Context(), "users.failures"+ext); err != nil || !strings.Contains(said, "4 imported, 0 failed, 0 open") {
				t.Errorf("%v %s", err, said)
			}
			if s.names() != "Bob Eve ada ada2 zoe" || s.users[0].String() != `{"id":"0","userName":"Eve","title":"mine","nickName":"E"}` {
				t.Errorf("%s: %s", s.names(), s.users)
			}
		})
	}
}

// Of two rows with the same userName the first is imported and the second fails, no matter how
// many rows of the batch were created before an interruption.
func TestDuplicates(t *testing.T) {
	for _, second := range []string{"p02,Fam02,T", "P02,Fam02,T", "p02,Other,T"} {
		for done := range 4 {
			s := newSite(t)
			s.write(t, "users.csv", "userName,name.familyName,title\np01,Fam01,T\np02,Fam02,T\n"+second+"\np03,Fam03,T\n")
			s.spoil = func(i int) spoilt {
				if i == 1 {
					return spoilt{some: 503, done: done, abort: true}
				}
				return spoilt{}
			}
			said, _, err := s.run(t.Context(), "users.csv")
			if !errors.Is(err, importer.ErrFailures) || !strings.Contains(said, "4 rows, 3 imported, 1 failed, 0 open") || s.names() != wantNames(3) {
				t.Errorf("%v %s %s", err, said, s.names())
			}
			if got := s.read(t, "users.failures.csv"); got != "userName,name.familyName,title,#error\n"+second+",line 3 has the same userName\n" {
				t.Error(got)
			}
		}
	}
}
