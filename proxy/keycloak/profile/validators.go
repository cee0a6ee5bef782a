package profile

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"keycloak-scim-proxy/proxy/scim"
)

// Keycloak validates a POST by the realm's user profile, but not a PATCH (measured on 26.7.3: it
// stores "", one letter and "not an email"). So the values of a PATCH are checked here, with the
// validators of the profile. Patterns and limits are those of org.keycloak.userprofile.validator
// and org.keycloak.validate.validators of that release. Validators that a provider adds are unknown
// here, and do not apply to a PATCH.

// A validator returns the fault of a text, or "".
type validator func(text string, config json.RawMessage) string

var validators = map[string]validator{
	"length":                            checkLength,
	"email":                             checkEmail,
	"pattern":                           checkPattern,
	"options":                           checkOptions,
	"integer":                           checkInteger,
	"double":                            checkDouble,
	"uri":                               checkURI,
	"iso-date":                          checkDate,
	"local-date":                        nil, // not checked, because it depends on the locale of a request
	"username-prohibited-characters":    prohibit(regexp.MustCompile("^[^<>&\"'\\s\\v$%!#?§,;:*~/\\\\|^=\\[\\]{}()`\\p{Cc}\\p{Zs}]+$")),
	"person-name-prohibited-characters": prohibit(regexp.MustCompile(`^[^<>&"\v$%!#?§;*~/\\|^=\[\]{}()\p{Cc}]+$`)),
}

// maxDefault is how long a value may be if the attribute has no validator of its length. One
// with only a minimum sets no maximum (measured).
const maxDefault = 2048

// units is the length of a text as Keycloak counts it, in UTF-16.
func units(text string) int { return len(utf16.Encode([]rune(text))) }

// check returns an error if a text cannot be stored in an attribute.
func (a attribute) check(text string) error {
	name := a.path.String()
	if wrong := checkColumn(text); wrong != "" && (builtIn[a.Name] != (scim.AttrPath{}) || strings.ContainsRune(text, 0)) {
		return scim.InvalidValue("%s %s", name, wrong)
	}
	if _, limited := a.Validations["length"]; !limited && units(strings.TrimSpace(text)) > maxDefault {
		return scim.InvalidValue("%s must be at most %d characters long", name, maxDefault)
	}
	for kind, config := range a.Validations {
		if v := validators[kind]; v != nil {
			if wrong := v(text, config); wrong != "" {
				return scim.InvalidValue("%s %s", name, wrong)
			}
		}
	}
	return nil
}

// checkColumn returns what is wrong with a text that is stored in a column of 255 characters, or
// "".
func checkColumn(text string) string {
	switch {
	case strings.ContainsRune(text, 0):
		return "contains a NUL character"
	case units(text) > 255:
		return "is longer than 255 characters"
	}
	return ""
}

// setting reads a number or a text of a validator's configuration; Keycloak writes numbers either
// way.
func setting(config json.RawMessage, name string) (string, bool) {
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(string(config)))
	d.UseNumber()
	if d.Decode(&m) != nil || m[name] == nil {
		return "", false
	}
	return fmt.Sprint(m[name]), true
}

func bounds(config json.RawMessage, outside func(limit float64) bool, name string) (string, bool) {
	text, ok := setting(config, name)
	if !ok {
		return "", false
	}
	limit, err := strconv.ParseFloat(text, 64)
	return text, err == nil && outside(limit)
}

func checkLength(text string, config json.RawMessage) string {
	if off, _ := setting(config, "trim-disabled"); off != "true" {
		text = strings.TrimSpace(text)
	}
	return checkRange(float64(units(text)), config, " characters long")
}

func checkRange(n float64, config json.RawMessage, unit string) string {
	if limit, out := bounds(config, func(l float64) bool { return n < l }, "min"); out {
		return "must be at least " + limit + unit
	}
	if limit, out := bounds(config, func(l float64) bool { return n > l }, "max"); out {
		return "must be at most " + limit + unit
	}
	return ""
}

func checkPattern(text string, config json.RawMessage) string {
	pattern, ok := setting(config, "pattern")
	if !ok {
		return ""
	}
	// A Java pattern that Go cannot compile is not checked.
	if re, err := regexp.Compile("^(?:" + pattern + ")$"); err == nil && !re.MatchString(text) {
		return "does not match the pattern of the realm's user profile"
	}
	return ""
}

func checkOptions(text string, config json.RawMessage) string {
	var c struct {
		Options []string `json:"options"`
	}
	if json.Unmarshal(config, &c) == nil && !slices.Contains(c.Options, text) {
		return "is not one of the options of the realm's user profile"
	}
	return ""
}

func checkInteger(text string, config json.RawMessage) string {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "is not an integer"
	}
	return checkRange(float64(n), config, "")
}

func checkDouble(text string, config json.RawMessage) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "is not a number"
	}
	return checkRange(n, config, "")
}

func checkURI(text string, _ json.RawMessage) string {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Fragment != "" {
		return "is not a URL"
	}
	return ""
}

func checkDate(text string, _ json.RawMessage) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return "is not a date"
	}
	return ""
}

func prohibit(re *regexp.Regexp) validator {
	return func(text string, _ json.RawMessage) string {
		if text != "" && !re.MatchString(text) {
			return "contains a character that the realm's user profile prohibits"
		}
		return ""
	}
}
