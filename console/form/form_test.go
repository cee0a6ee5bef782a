package form_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/console/form"
)

func TestRead(t *testing.T) {
	fields := []form.Field{{Name: "n", Kind: form.Number, Most: 10}, {Name: "t", Kind: form.Moment}, {Name: "x", Kind: form.Text, Most: 3, Required: true}, {Name: "h", Kind: form.Hidden}}
	for query, want := range map[string]string{
		"x=abc": "", "x=": "x", "x=abcd": "x", "x=a&n=10": "", "x=a&n=11": "n", "x=a&n=0": "n", "x=a&n=1.5": "n", "x=a&t=2026-01-02T03:04": "", "x=a&t=1": "t", "x=%ff": "x", "x=a%00": "x", "x=äöü": "",
		"x=a&h=" + strings.Repeat("x", 513): "h",
	} {
		r := httptest.NewRequest(http.MethodPost, "/?n=0&x=query", strings.NewReader(query))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, wrong := form.Read(fields, r)
		got := ""
		for name := range wrong {
			got += name
		}
		if got != want {
			t.Errorf("%q: %v, want %q", query, wrong, want)
		}
	}
	v := form.Values{"t": "2026-01-02T03:04", "n": "2"}
	if !v.Time("t").Equal(time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)) || !v.Time("none").IsZero() || v.Days("n") != 48*time.Hour || v.Hours("none") != 0 {
		t.Error(v.Time("t"), v.Days("n"))
	}
}

func TestAsked(t *testing.T) {
	fields := []form.Field{{Name: "id", Kind: form.Hidden, Required: true}, {Name: "n", Usual: "7"}}
	for query, want := range map[string]string{"id=a": "a", "": "", "id=" + url.QueryEscape(strings.Repeat("x", 600)): "", "id=%ff": ""} {
		values, complete := form.Asked(fields, httptest.NewRequest(http.MethodGet, "/?"+query, nil))
		if values["id"] != want || complete != (want != "") {
			t.Errorf("%.20q: %v %v", query, values, complete)
		}
	}
	if shown := form.Show(fields, form.Values{"id": "a"}, map[string]string{"n": "bad"}); shown[0].Value != "a" || shown[1].Value != "7" || shown[1].Wrong != "bad" || shown[1].ID != "field-n" {
		t.Errorf("%+v", shown)
	}
}
