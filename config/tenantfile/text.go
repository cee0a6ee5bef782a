package tenantfile

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"keycloak-scim-proxy/config"
)

// comments are for the reader of a new file, by key. docs/configuration.md has the whole text.
var comments = map[string]string{
	"group":              "The account reaches only this group of the realm.",
	"idp":                "The dialect of the identity provider: docs/idps.md.",
	"serviceAccount":     "The client that acts for the tenant in Keycloak.",
	"tokens":             "The bearer tokens of the identity provider, by their SHA-256. New ones: scim-proxy tenant rotate.",
	"oauth":              "Clients of the realm whose access tokens are accepted too: docs/tenants.md.",
	"state":              "staged: reads only, until a canary is green (scim-proxy tenant canary). live: everything.",
	"requiredAttributes": "Attributes of users that must survive; a canary proves it.",
	"onDelete":           "The effect of a DELETE of a user: docs/leavers.md.",
	"ssoLink":            "Users are linked to this identity provider of the realm.",
}

// newFile is the text of the file of a new tenant: the keys that differ from their defaults.
func newFile(t config.Tenant) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# A tenant of scim-proxy. docs/configuration.md describes all keys; those that are not here have\n# their defaults.\n")
	now, defaults := reflect.ValueOf(t), reflect.ValueOf(config.DefaultTenant())
	for i := range now.NumField() {
		key, v := now.Type().Field(i).Tag.Get("yaml"), now.Field(i)
		if key == "-" || reflect.DeepEqual(v.Interface(), defaults.Field(i).Interface()) || v.Kind() == reflect.Slice && v.Len() == 0 {
			continue
		}
		if c := comments[key]; c != "" {
			out.WriteString("\n# " + c + "\n")
		}
		if v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.Struct {
			out.WriteString(key + ": " + flowText(v) + "\n")
			continue
		}
		out.WriteString(key + ":\n")
		for j := range v.Len() {
			out.WriteString("  - " + flowText(v.Index(j)) + "\n")
		}
	}
	return out.String()
}

// TokenText is the element of a token in a tenant's file, such as
// {id: k1, sha256: "…", created: 2026-11-25}.
func TokenText(t config.Token) string { return flowText(reflect.ValueOf(t)) }

func valueText(v any) string { return flowText(reflect.ValueOf(v)) }

// flowText writes a value of the configuration as YAML on one line. Fields of a section that are
// zero are left out.
func flowText(v reflect.Value) string {
	switch known := v.Interface().(type) {
	case config.Date:
		return dateText(known.Time)
	case time.Time:
		return dateText(known)
	case fmt.Stringer:
		return known.String()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return flowText(v.Elem())
	case reflect.String:
		return Scalar(v.String())
	case reflect.Slice:
		all := make([]string, v.Len())
		for i := range all {
			all[i] = flowText(v.Index(i))
		}
		return "[" + strings.Join(all, ", ") + "]"
	case reflect.Struct:
		var all []string
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				all = append(all, v.Type().Field(i).Tag.Get("yaml")+": "+flowText(f))
			}
		}
		return "{" + strings.Join(all, ", ") + "}"
	default:
		return fmt.Sprint(v.Interface())
	}
}

// plain reports whether a text is the same in every version of YAML without quotes.
func plain(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || (r < '0' || r > '9') && !strings.ContainsRune("-_./", r)) {
			return false
		}
	}
	switch strings.ToLower(s) {
	case "", "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return false
	}
	// A hash may look like a number: 1e10.
	return len(s) < 64
}

// Scalar is a text as YAML: in quotes if it needs them.
func Scalar(s string) string {
	if plain(s) {
		return s
	}
	var out strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out.Write([]byte{'\\', c})
		case c < 0x20 || c == 0x7f:
			fmt.Fprintf(&out, `\x%02x`, c)
		default:
			out.WriteByte(c)
		}
	}
	return `"` + out.String() + `"`
}

// dateText is a day if the time is its beginning in UTC.
func dateText(t time.Time) string {
	if t = t.UTC(); t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}
