package scim_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

const babs = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
"id":"2819c223-ABC","externalId":"Ext-7","meta":{"created":"2010-01-23T04:56:22Z","lastModified":"2011-05-13T04:42:34.500Z","version":"W/\"a\""},
"userName":"BJensen","name":{"familyName":"Jensen","givenName":"B\u00e4rbel"},"displayName":"","title":null,"active":true,"nickName":"[x] (y) \"z\"",
"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],
"phoneNumbers":[],"ims":[{}],"addresses":[{"type":"work","country":"US","streetAddress":"100 Universal City Plaza"}],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","department":"Tours","manager":{"value":"M-1","displayName":"John Smith"}},
"urn:example:2.0:User":{"level":7,"ratio":-1.25,"big":12345678901234567890,"debt":-12345678901234567890,"zero":-0,"tags":["Red","blue"],"flag":false,"when":"2011-05-13T04:42:34Z",
"badges":[{"kind":"gold","level":3},{"kind":"tin","level":9}],"box":{"w":{"value":1}}}}`

// holds are filters that match babs.
var holds = []string{
	// Text without case.
	`userName eq "bjensen"`, `userName eq "BJENSEN"`, `userName ne "x"`, `userName co "ENS"`, `userName sw "bj"`, `userName ew "SEN"`, `userName pr`,
	`userName gt "aaa"`, `userName ge "bjensen"`, `userName le "bjensen"`, `userName lt "C"`, `USERNAME eq "bjensen"`,
	`name.givenName eq "BÄRBEL"`, `name.givenName eq "b\u00e4rbel"`, `nickName eq "[X] (y) \"z\""`, `displayName eq ""`, `displayName pr`,
	`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bjensen"`,
	// Text with case.
	`id eq "2819c223-ABC"`, `externalId eq "Ext-7"`, `externalId ne "ext-7"`, `externalId sw "Ext"`, `id ew "ABC"`, `id co "-A"`,
	`schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"`, enterprise + `:manager.value eq "M-1"`,
	// Booleans.
	`active eq true`, `active ne false`, `active pr`,
	// Times compare as instants.
	`meta.lastModified gt "2011-05-13T04:42:34Z"`, `meta.lastModified eq "2011-05-13T06:42:34.5+02:00"`, `meta.lastModified ge "2011-05-13T04:42:34.5Z"`,
	`meta.lastModified eq "2011-05-13T04:42:34.5"`, `meta.created gt "2010-01-23T04:56:21"`, // without a zone: UTC
	`meta.lastModified lt "2012-01-01T00:00:00Z"`, `meta.lastModified le "2011-05-13T04:42:34.5Z"`, `meta.lastModified ne "2011-05-13T04:42:34Z"`,
	`meta.created sw "2010-01"`, `meta.created co "T04"`, `meta.created ew "22Z"`,
	// Numbers.
	foreign + `:level eq 7`, foreign + `:level eq 7.0`, foreign + `:level eq 70e-1`, foreign + `:level gt 6`, foreign + `:level ge 7`, foreign + `:level lt 8`,
	foreign + `:level le 7`, foreign + `:level ne 8`, foreign + `:level gt -8`, foreign + `:ratio lt -1`, foreign + `:ratio eq -1.250`,
	foreign + `:big eq 12345678901234567890`, foreign + `:big ne 12345678901234567891`, foreign + `:big gt 12345678901234567889`,
	foreign + `:big lt 123456789012345678900`, foreign + `:big gt -99999999999999999999`, foreign + `:big gt 1.5`,
	foreign + `:debt eq -12345678901234567890`, foreign + `:debt gt -12345678901234567891`, foreign + `:debt gt -123456789012345678900`, foreign + `:debt lt 0`,
	foreign + `:debt lt -5`, foreign + `:zero eq 0`, foreign + `:zero gt -1`, foreign + `:zero lt 1`,
	// Multi-valued attributes: any value; a complex one stands for its "value".
	`emails co "jensen.org"`, `emails.value co "EXAMPLE"`, `emails.type eq "home"`, `emails pr`, `emails.primary eq true`, `emails eq "babs@jensen.org"`,
	`emails.type ne "fax"`, `schemas co "enterprise"`, `addresses pr`, `addresses.country eq "us"`,
	// Value paths: one element matches the whole.
	`emails[type eq "work" and value co "@example.com"]`, `emails[type eq "home" and not (primary pr)]`, `emails[type eq "work"].value eq "BJENSEN@example.com"`,
	`emails[primary eq true]`, `not (emails[type eq "home" and value co "example"])`, `schemas[value co "enterprise"]`, `emails[type ne "work"]`,
	// Extensions with and without a schema.
	enterprise + `:department eq "tours"`, enterprise + `:manager.displayName sw "john"`, enterprise + `:manager eq "M-1"`, enterprise + ` pr`,
	foreign + `:tags eq "red"`, foreign + `:tags[value sw "b"]`, foreign + `:tags.value eq "RED"`, foreign + `:flag eq false`, foreign + `:badges[kind eq "tin" and level gt 5]`,
	foreign + `:badges.level eq 3`, foreign + `:box pr`, foreign + `:when eq "2011-05-13t04:42:34z"`,
	// Missing values.
	`title eq null`, `phoneNumbers eq null`, `nothing eq null`, `userName ne null`, `title ne "x"`, `title ne 1`, `not (title pr)`, `not (phoneNumbers pr)`,
	`not (ims pr)`, `ims eq null`, `emails.display eq null`, `urn:other:User:x eq null`, `urn:other:User:x ne 1`,
	// Connectives.
	`title pr or userName pr`, `userName pr and active eq true and not (title pr)`, `title pr and title pr or userName pr`, `not (title pr and userName pr)`,
}

// fails are filters that do not match babs.
var fails = []string{
	`userName eq "bjense"`, `userName ne "BJENSEN"`, `userName co "xyz"`, `userName sw "jensen"`, `userName ew "bj"`, `userName gt "bjensen"`, `userName lt "bjensen"`,
	`id eq "2819C223-abc"`, `externalId eq "ext-7"`, `externalId co "EXT"`, `externalId ne "Ext-7"`, `schemas eq "urn:ietf:params:scim:schemas:core:2.0:user"`,
	enterprise + `:manager.value eq "m-1"`,
	`active eq false`, `active ne true`, `active eq "true"`, `active gt false`, `active co true`, `active eq 1`,
	`meta.lastModified gt "2011-05-13T04:42:34.5"`, `meta.created gt "2010-01-23T04:56:22"`,
	`meta.lastModified gt "2011-05-13T04:42:34.5Z"`, `meta.lastModified lt "2011-05-13T04:42:34.5Z"`, `meta.lastModified eq "2011-05-13T04:42:34Z"`,
	foreign + `:level eq 8`, foreign + `:level eq "7"`, foreign + `:level co 7`, foreign + `:level gt 7`, foreign + `:level gt 7e0`, foreign + `:big eq 12345678901234567891`,
	foreign + `:big lt 12345678901234567890`, foreign + `:big lt -99999999999999999999`, foreign + `:level lt -8`, foreign + `:level eq 1e400`, foreign + `:box eq 1`,
	`emails eq "work"`, `emails.value ne "babs@jensen.org"`, `emails.type eq "fax"`, `emails[type eq "home" and primary eq true]`,
	`emails[type eq "home" and value co "example"]`, `emails[display pr]`, `phoneNumbers[value pr]`, `phoneNumbers pr`, `ims pr`, `ims[value pr]`, `userName[a pr]`,
	`schemas[type eq "x"]`, foreign + `:tags[kind pr]`, foreign + `:tags eq "green"`, foreign + `:tags.kind pr`, foreign + `:debt gt -5`, foreign + `:debt lt -12345678901234567890`, foreign + `:zero lt 0`, foreign + `:badges[kind eq "gold" and level gt 5]`, foreign + `:flag pr and title pr`,
	`title pr`, `title eq "x"`, `title eq ""`, `title gt null`, `title ne null`, `userName eq null`, `nothing pr`, `nothing gt 1`, `urn:other:User:x pr`, `department pr`,
	`name eq "Jensen"`, `title pr and userName pr`, `title pr or nothing pr`, `not (userName pr)`, `urn:ietf:params:scim:schemas:core:2.0:User:title pr`,
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for want, filters := range map[bool][]string{true: holds, false: fails} {
		for _, text := range filters {
			f, err := scim.ParseFilter(text)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			if scim.CoreSchemas().Match(f, scim.User, document.Must(babs)) != want {
				t.Errorf("%s is %v", text, !want)
			}
		}
	}
}

// "ne" is "not eq", and so are the two forms of a value path.
func TestMatchIsConsistent(t *testing.T) {
	t.Parallel()
	match := func(text string) bool {
		f, err := scim.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		return scim.CoreSchemas().Match(f, scim.User, document.Must(babs))
	}
	for _, attr := range []string{"userName", "title", "emails", "emails.type", "active", "meta.created", foreign + ":level", "nothing"} {
		for _, value := range []string{`"work"`, `"bjensen"`, "true", "7", "null", `"2010-01-23T04:56:22Z"`} {
			if match(attr+" eq "+value) == match(attr+" ne "+value) {
				t.Errorf("%s eq and ne %s agree", attr, value)
			}
		}
	}
}

func TestMatchGroup(t *testing.T) {
	t.Parallel()
	g := document.Must(`{"id":"g1","displayName":"Tour Guides","members":[{"value":"U-1","type":"User"},{"value":"U-2"}]}`)
	for text, want := range map[string]bool{
		`displayName eq "tour guides"`: true, `members eq "U-1"`: true, `members.value eq "u-1"`: false, `members[value eq "U-2" and type eq "User"]`: false,
		`members[value eq "U-1" and type eq "user"]`: true, `userName pr`: false,
	} {
		f, err := scim.ParseFilter(text)
		if err != nil || scim.CoreSchemas().Match(f, scim.Group, g) != want {
			t.Errorf("%s is not %v: %v", text, want, err)
		}
	}
}
