package record_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
)

// Read agrees with json.Unmarshal on every record and on every damaged one, also on one in another
// form. ReadChosen differs from Read only in the overrides that were not chosen.
func FuzzRead(f *testing.F) {
	for _, r := range someRecords(200) {
		body, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
		f.Add(slices.Concat(body[:len(body)/2], body[len(body)/2+1:]))
	}
	for _, text := range []string{``, `{}`, `null`, `{"type":`, `{"type":"User"}x`, `{"type":"User",}`, `{ "type" : "User" }`, `{"pairs":[]}`, `{"pairs":null}`, `{"TYPE":"User"}`, "{\"type\":\"a\nb\"}", "{\"type\":\"\xff\"}", "{\"type\":\"\\\"\xff\"}", `{"pairs":[{}]}`, `{"type":"a","type":"b"}`,
		`{"pairs":[{"path":{"URN":"","Name":"a","Sub":""},"asked":"\\\"","slot":-1}]}`, `{"pairs":[{"path":{"URN":"","Name":"a","Sub":""},"asked":"x","slot":1.5}]}`, `{"pairs":[{"path":{"URN":"","Name":"a","Sub":""},"asked":"x","slot":-01}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var want record.Record
		wrong := len(body) > 0 && json.Unmarshal(body, &want) != nil
		got, err := record.Read(body)
		if wrong != (err != nil) {
			t.Fatalf("%q: %v, json.Unmarshal fails: %v", body, err, wrong)
		}
		if wrong {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
		for _, path := range []string{"title", "userName", "urn:x:a", "displayName"} {
			p := scim.MustPath(path)
			chosen, err := record.ReadChosen(body, record.Selecting([]scim.AttrPath{p}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.Values("u1", record.Selecting([]scim.AttrPath{p})).String(), chosen.Values("u1", record.Selecting([]scim.AttrPath{p})).String()); diff != "" {
				t.Errorf("%q, values of %s (-want +got):\n%s", body, path, diff)
			}
			if chosen.Name(scim.User, nil) != want.Name(scim.User, nil) || chosen.Type != want.Type || !chosen.Modified.Equal(want.Modified) || (chosen.Pending == nil) != (want.Pending == nil) {
				t.Errorf("%q read for %s: %+v", body, path, chosen)
			}
		}
	})
}

// someRecords returns random records. The seed is fixed.
func someRecords(n int) (out []record.Record) {
	random := rand.New(rand.NewPCG(7643, 7644))
	texts := []string{"", "a", `"x"`, `"\"\\\u00e9"`, `"<&>` + "\u2028" + `"`, `{"value":"\\"}`, `[1,"2"]`, "12", "true", "é", `\`, `"`, "a\nb"}
	names := []string{"title", "userName", "displayName", "a.b", "É", ""}
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	for range n {
		r := record.Record{Type: scim.ResourceType(pick([]string{"User", "Group", ""}))}
		for range random.IntN(6) {
			r.Overrides = append(r.Overrides, record.Override{
				Path:      scim.AttrPath{URN: pick([]string{"", "", "urn:x", scim.EnterpriseURN}), Name: pick(names), Sub: pick([]string{"", "value"})},
				Requested: pick(texts), Observed: pick(texts), Index: random.IntN(4) - 1,
			})
		}
		if random.IntN(2) == 0 {
			r.Modified = time.Unix(random.Int64N(2e9), random.Int64N(1e9)).UTC()
		}
		if random.IntN(8) == 0 {
			r.Pending = &record.Pending{Type: scim.User, Begun: time.Unix(random.Int64N(2e9), 0).UTC()}
		}
		out = append(out, r)
	}
	return out
}

// The fast reader reads the records that the overlay writes: otherwise it would only cost time.
func TestReadIsFast(t *testing.T) {
	r := recordOf(someone(t))
	r.Modified = time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	allocations := func(read func() error) float64 {
		return testing.AllocsPerRun(100, func() {
			if err := read(); err != nil {
				t.Fatal(err)
			}
		})
	}
	standard := allocations(func() error { return json.Unmarshal(body, new(record.Record)) })
	fast := allocations(func() error {
		_, err := record.ReadChosen(body, record.Selecting([]scim.AttrPath{scim.MustPath("title")}))
		return err
	})
	if fast > standard/3 {
		t.Errorf("%v allocations, json.Unmarshal needs %v", fast, standard)
	}
}

func someone(t *testing.T) scim.Resource {
	t.Helper()
	r, err := scim.ParseResource([]byte(`{"userName":"Ada","title":"Countess","nickName":"A","urn:x:y":{"a":"` + strings.Repeat("b", 10) + `","c":[1,2],"d":"<>"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
