package scim_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// goodFilters have their printed form, or "" if it equals the text. They also seed the fuzzer.
var goodFilters = []struct{ text, printed string }{
	// All examples of RFC 7644 section 3.4.2.2.
	{`userName eq "bjensen"`, ""},
	{`name.familyName co "O'Malley"`, ""},
	{`userName sw "J"`, ""},
	{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`, `userName sw "J"`},
	{`title pr`, ""},
	{`meta.lastModified gt "2011-05-13T04:42:34Z"`, ""},
	{`meta.lastModified ge "2011-05-13T04:42:34Z"`, ""},
	{`meta.lastModified lt "2011-05-13T04:42:34Z"`, ""},
	{`meta.lastModified le "2011-05-13T04:42:34Z"`, ""},
	{`title pr and userType eq "Employee"`, ""},
	{`title pr or userType eq "Intern"`, ""},
	{`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`, ""},
	{`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`, ""},
	{`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`, ""},
	{`userType eq "Employee" and (emails.type eq "work")`, `userType eq "Employee" and emails.type eq "work"`},
	{`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`, ""},
	{`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`, ""},
	// Precedence: not, and, or; the effect of parentheses is kept.
	{`a pr or b pr and c pr or d pr`, ""},
	{`(a pr or b pr) and c pr`, ""},
	{`a pr or (b pr and c pr)`, `a pr or b pr and c pr`},
	{`(a pr and b pr) and c pr`, ""},
	{`a pr or (b pr or c pr)`, ""},
	{`not (a pr) and b pr`, ""},
	{`not (a pr and b pr)`, ""},
	{`not(not((a pr)))`, `not (not (a pr))`},
	{`((a eq 1))`, `a eq 1`},
	// Filters of Entra beyond the grammar.
	{`emails[type eq "work"].value eq "x"`, `emails[type eq "work" and value eq "x"]`},
	{`emails[type eq "work" and primary eq true].value pr`, `emails[type eq "work" and primary eq true and value pr]`},
	{`emails[type eq "work" or type eq "home"].value sw "x" and title pr`, `emails[(type eq "work" or type eq "home") and value sw "x"] and title pr`},
	// Keywords and operators in any case; attributes that look like them.
	{`TITLE PR AND userName EQ "x" Or NOT (a Sw "b")`, `TITLE pr and userName eq "x" or not (a sw "b")`},
	{`and pr and or eq 1 or pr pr`, ""},
	{scim.UserURN + `:not pr`, `not pr`},
	{`emails[not eq 1 and not (value pr)]`, ""},
	// Values.
	{`a eq "say \"hi\" \u00e9 \\ \/ ] ) and"`, ""},
	{`a eq "é 日本"`, ""},
	{`a eq ""`, ""},
	{`a eq true or a ne false or a eq null`, ""},
	{`a gt -1 and a lt 1.5e-10 and a ge 0 and a le -0.0E+5`, ""},
	{`a eq 123456789012345678901234567890`, ""},
	{`a eq 1e400`, ""},
	// Extensions.
	{enterprise + `:manager.value eq "26118915-6090-4610-87e4-49d8ca9f808d"`, ""},
	{foreign + `:badges[level gt 3]`, ""},
	{enterprise + ` pr`, ""},
	{`members.$ref eq "../Users/1"`, ""},
	// White space.
	{"\t a  eq\t\"x\"  ", `a eq "x"`},
	{`a eq"x"and(b pr)or c[d pr]`, `a eq "x" and b pr or c[d pr]`},
}

// badFilters have a part of the message with the column, which counts characters from 1.
var badFilters = map[string]string{
	``:                        "expected an attribute, found the end at column 1",
	`   `:                     "expected an attribute, found the end at column 4",
	`userName`:                "expected an operator, found the end at column 9",
	`userName eq`:             "expected a quoted string, a number, true, false or null, found the end at column 12",
	`userName eq bob`:         `null, found "bob" at column 13`,
	`userName eq True`:        `found "True" at column 13`,
	`userName eq 'bob'`:       `found "'bob'" at column 13`,
	`userName = "bob"`:        `expected an operator, found "=" at column 10`,
	`userName "eq" "bob"`:     `expected an operator, found "\"eq\"" at column 10`,
	`userName ( "bob"`:        `expected an operator, found "(" at column 10`,
	`userName eq "bob`:        "the string does not end at column 13",
	`userName eq "bob\"`:      "the string does not end at column 13",
	`userName eq "\x"`:        "the string is not a valid JSON string at column 13",
	`userName eq "\u12"`:      "the string is not a valid JSON string at column 13",
	"userName eq \"a\nb\"":    "the string is not a valid JSON string at column 13",
	"userName eq \"\xff\"":    "the string is not a valid JSON string at column 13",
	`userName eq 01`:          `found "01" at column 13`,
	`userName eq +1`:          `found "+1" at column 13`,
	`userName eq 1.`:          `found "1." at column 13`,
	`userName eq 0x10`:        `found "0x10" at column 13`,
	"userName eq 1\n":         `found "1\n" at column 13`,
	`userName eq {}`:          `found "{}" at column 13`,
	`userName eq "a" "b"`:     `expected and, or, or the end, found "\"b\"" at column 17`,
	`userName eq "é日" x`:      `found "x" at column 18`,
	`a pr and`:                "expected an attribute, found the end at column 9",
	`a pr or or`:              "expected an operator, found the end at column 11",
	`a pr b pr`:               `expected and, or, or the end, found "b" at column 6`,
	`(a pr`:                   "expected ), found the end at column 6",
	`a pr)`:                   `found ")" at column 5`,
	`(a pr]`:                  `expected ), found "]" at column 6`,
	`()`:                      `expected an attribute, found ")" at column 2`,
	`not a pr`:                `expected an operator, found "a" at column 5`,
	`not ()`:                  `expected an attribute, found ")" at column 6`,
	`emails[]`:                `expected an attribute, found "]" at column 8`,
	`emails[type eq "work"`:   "expected ], found the end at column 22",
	`emails[a.b eq 1]`:        `"a.b" is not a sub-attribute at column 7`,
	`emails[a[b pr]]`:         "is not a sub-attribute at column 7",
	`emails.x[a pr]`:          `"emails.x" cannot have a value filter at column 15`,
	`emails[a pr].b`:          "expected an operator, found the end at column 15",
	`emails[a pr].b.c pr`:     `expected a sub-attribute, found ".b.c" at column 13`,
	enterprise + `[a pr]`:     "cannot have a value filter",
	`1a pr`:                   `"1a" is not an attribute at column 1`,
	`a pr and é pr`:           `"é" is not an attribute at column 10`,
	`"a" pr`:                  `expected an attribute, found "\"a\"" at column 1`,
	`:userName pr`:            `":userName" is not an attribute at column 1`,
	`urn:x:User: pr`:          "is not an attribute at column 1",
	`userName eq "a"; x pr`:   `found ";" at column 16`,
	`userName eq "a" && b pr`: `found "&&" at column 17`,
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	for _, c := range goodFilters {
		if c.printed == "" {
			c.printed = c.text
		}
		f, err := scim.ParseFilter(c.text)
		if err != nil || f.String() != c.printed {
			t.Errorf("%s: %v %v", c.text, f, err)
			continue
		}
		again, err := scim.ParseFilter(f.String())
		if diff := cmp.Diff(f, again); err != nil || diff != "" {
			t.Errorf("%s is read otherwise when printed: %v %s", c.text, err, diff)
		}
	}
	for text, words := range badFilters {
		f, err := scim.ParseFilter(text)
		scimtest.Refused(t, text, err, "invalidFilter", "the filter is not valid", words)
		if f != nil {
			t.Errorf("%s: a filter beside the error: %v", text, f)
		}
	}
}

func TestFilterTrees(t *testing.T) {
	t.Parallel()
	pr := func(s string) scim.Filter { return scim.Present{Attr: scim.MustPath(s)} }
	for text, want := range map[string]scim.Filter{
		`a pr or b pr and c pr`:    scim.Or{Terms: []scim.Filter{pr("a"), scim.And{Terms: []scim.Filter{pr("b"), pr("c")}}}},
		`(a pr or b pr) and c pr`:  scim.And{Terms: []scim.Filter{scim.Or{Terms: []scim.Filter{pr("a"), pr("b")}}, pr("c")}},
		`not (a pr) and b pr`:      scim.And{Terms: []scim.Filter{scim.Not{Term: pr("a")}, pr("b")}},
		`a pr and b pr and c pr`:   scim.And{Terms: []scim.Filter{pr("a"), pr("b"), pr("c")}},
		`emails.value EW "\u0041"`: scim.Compare{Attr: scim.MustPath("emails.value"), Op: scim.Ew, Value: `"\u0041"`},
		`emails[a pr and b pr].c le -1.50`: scim.Within{Attr: scim.MustPath("emails"), Filter: scim.And{Terms: []scim.Filter{
			pr("a"), pr("b"), scim.Compare{Attr: scim.MustPath("c"), Op: scim.Le, Value: "-1.50"},
		}}},
		scim.Equal(scim.MustPath("userName"), `<"é">`).String(): scim.Compare{Attr: scim.MustPath("userName"), Op: scim.Eq, Value: `"<\"é\">"`},
	} {
		f, err := scim.ParseFilter(text)
		if diff := cmp.Diff(want, f); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

func TestFilterDepth(t *testing.T) {
	t.Parallel()
	nested := func(n int, open string) string { return strings.Repeat(open, n) + "a pr" + strings.Repeat(")", n) }
	for _, open := range []string{"(", "not ("} {
		if _, err := scim.ParseFilter(nested(scim.MaxFilterDepth, open)); err != nil {
			t.Errorf("as deep as allowed: %v", err)
		}
		_, err := scim.ParseFilter(nested(scim.MaxFilterDepth+1, open))
		scimtest.Refused(t, open, err, "invalidFilter", "nested deeper than 50")
	}
	_, err := scim.ParseFilter(nested(scim.MaxFilterDepth-1, "(") + " and " + nested(scim.MaxFilterDepth, "("))
	if err != nil {
		t.Errorf("the depth is not given back: %v", err)
	}
	_, err = scim.ParseFilter(strings.Repeat("(", 1<<20))
	scimtest.Refused(t, "bomb", err, "invalidFilter", "nested deeper than 50 at column 51")
	wide := strings.Repeat("a pr and ", 1000) + "a pr"
	if f, err := scim.ParseFilter(wide); err != nil || f.String() != wide {
		t.Errorf("width is not depth: %v", err)
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	f, err := scim.ParseFilter(`a pr and (b.c eq 1 or not (` + enterprise + `:d gt 2)) and emails[type eq "work" and not (value pr)]`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	scim.Attributes(f, func(p scim.AttrPath) { got = append(got, p.String()) })
	want := []string{"a", "b.c", enterprise + ":d", "emails", "emails.type", "emails.value"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConjuncts(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`a eq 1`:                                  `a eq 1`,
		`a eq 1 and (b eq 2 and c eq 3)`:          `a eq 1; b eq 2; c eq 3`,
		`(a eq 1 or b eq 2) and not (c eq 3)`:     `a eq 1 or b eq 2; not (c eq 3)`,
		`e[a eq 1 and b eq 2] and (c pr or d pr)`: `e[a eq 1 and b eq 2]; c pr or d pr`,
	} {
		f, err := scim.ParseFilter(in)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range scim.Conjuncts(f) {
			got = append(got, c.String())
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestMapFilter(t *testing.T) {
	t.Parallel()
	f, err := scim.ParseFilter(`a eq 1 and not (b pr or e[c eq 3 or not (d eq 4)])`)
	if err != nil {
		t.Fatal(err)
	}
	text := f.String()
	seen := ""
	got, err := scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) {
		seen += of.Name + ":" + f.String() + "; "
		switch f := f.(type) {
		case scim.Compare:
			f.Value = "7"
			return f, nil
		case scim.Within:
			f.Attr.Name = "x"
			return f, nil
		case scim.Present, scim.And, scim.Or, scim.Not:
		}
		return f, nil
	})
	if err != nil || got.String() != `a eq 7 and not (b pr or x[c eq 7 or not (d eq 7)])` || f.String() != text {
		t.Errorf("%v %v; the filter that was given is %v", got, err, f)
	}
	if seen != `:a eq 1; :b pr; :e[c eq 3 or not (d eq 4)]; x:c eq 3; x:d eq 4; ` {
		t.Error(seen)
	}
	stop := errors.New("stop")
	if _, err := scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) {
		if of.Name == "e" {
			return f, stop
		}
		return f, nil
	}); !errors.Is(err, stop) {
		t.Errorf("an error inside of a value filter is lost: %v", err)
	}
}
