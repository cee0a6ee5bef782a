package probe

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

// ErrorURN is the schema of errors.
const ErrorURN = "urn:ietf:params:scim:api:messages:2.0:Error"

// Object returns the body if it is a JSON object, or nil.
func (a *Answer) Object() Object {
	o, _ := a.Body.(Object)
	return o
}

// At returns the value at a path in the body (At).
func (a *Answer) At(path string) any { return At(a.Body, path) }

// String returns the string at a path in the body, or "".
func (a *Answer) String(path string) string {
	t, _ := a.At(path).(string)
	return t
}

// Has fails unless the status is one of those.
func (a *Answer) Has(statuses ...int) error {
	if slices.Contains(statuses, a.Status) {
		return nil
	}
	all := make([]string, len(statuses))
	for i, s := range statuses {
		all[i] = strconv.Itoa(s)
	}
	return a.Fail("status "+strings.Join(all, " or "), a.summary())
}

// Shows fails unless the value at a path of the body equals want. A nil want means that the value
// is absent, null or empty.
func (a *Answer) Shows(path string, want any) error {
	if got := a.At(path); !Equal(got, want) {
		return a.Fail(path+" is "+Text(want), Text(got))
	}
	return nil
}

// ShowsAll is Shows for several paths, each with the value.
func (a *Answer) ShowsAll(pairs ...any) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		path, _ := pairs[i].(string)
		if err := a.Shows(path, pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// Refused fails unless the answer is an error with one of the statuses and, unless it is empty,
// the scimType.
func (a *Answer) Refused(scimType string, statuses ...int) error {
	if err := a.Has(statuses...); err != nil {
		return err
	}
	if got := a.String("scimType"); scimType != "" && got != scimType {
		return a.Fail("scimType "+scimType, a.summary())
	}
	return nil
}

// IsError returns why the answer has not the form of a SCIM error (RFC 7644 section 3.12), or "".
func (a *Answer) IsError() string {
	if list, _ := a.At("schemas").([]any); !slices.Contains(list, any(ErrorURN)) {
		return "schemas is not " + ErrorURN
	}
	switch status := a.At("status").(type) {
	case string:
		if status == strconv.Itoa(a.Status) {
			return ""
		}
	case float64:
		return "status is a number, not a string"
	}
	return "status is not " + strconv.Itoa(a.Status)
}

// summary describes the answer.
func (a *Answer) summary() string {
	return strings.TrimSpace(fmt.Sprintf("status %d %s", a.Status, a.Text))
}

// observe collects properties that no answer may have. usual means that the request has not asked
// for another media type.
func (s *Session) observe(a *Answer, method string, usual bool) {
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	if usual && strings.TrimSpace(a.Text) != "" && !strings.EqualFold(strings.TrimSpace(kind), "application/scim+json") {
		s.Odd.ContentTypes = append(s.Odd.ContentTypes, fmt.Sprintf("%s: status %d, Content-Type %q", a.sent, a.Status, a.Header.Get("Content-Type")))
	}
	if why := a.IsError(); a.Status >= http.StatusBadRequest && method != http.MethodHead && why != "" {
		s.Odd.Errors = append(s.Odd.Errors, s.brief(a.sent+": "+why+": "+a.summary()))
	}
	if a.Status >= http.StatusInternalServerError && a.Status != http.StatusNotImplemented {
		s.Odd.Crashes = append(s.Odd.Crashes, s.brief(a.sent+": "+a.summary()))
	}
}

// maxKept is how many bytes of a text are kept until the end of a run. A report shows less.
const maxKept = 4096

// brief is the beginning of a text, which does not end with a part of the token.
func (s *Session) brief(text string) string {
	if len(text) <= maxKept {
		return text
	}
	text = text[:maxKept]
	for n := len(s.Token) - 1; n > 0; n-- {
		if strings.HasSuffix(text, s.Token[:n]) {
			return strings.Clone(text[:len(text)-n])
		}
	}
	return strings.Clone(text)
}

// At returns the value at a path of keys and indexes, separated by slashes: emails/0/value. Keys
// are compared without letter case, because SCIM's names are.
func At(v any, path string) any {
	for key := range strings.SplitSeq(path, "/") {
		switch at := v.(type) {
		case Object:
			v = member(at, key)
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func member(o Object, key string) any {
	if v, ok := o[key]; ok {
		return v
	}
	for name, v := range o {
		if strings.EqualFold(name, key) {
			return v
		}
	}
	return nil
}

// List returns the objects of a list at a path.
func List(v any, path string) (all []Object) {
	list, _ := At(v, path).([]any)
	for _, e := range list {
		if o, ok := e.(Object); ok {
			all = append(all, o)
		}
	}
	return all
}

// Values returns the strings at a path in each object of a list.
func Values(list []Object, path string) []string {
	all := []string{}
	for _, o := range list {
		t, _ := At(o, path).(string)
		all = append(all, t)
	}
	return all
}

// Equal reports whether two JSON values are equal. Null, absent, "" (if absence is wanted) and []
// are the same (RFC 7643 section 2.5).
func Equal(got, want any) bool {
	if want == nil {
		list, isList := got.([]any)
		return got == nil || got == "" || isList && len(list) == 0
	}
	return reflect.DeepEqual(JSON(got), JSON(want))
}

// JSON is a value as encoding/json reads it.
func JSON(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(b, &out) != nil {
		return v
	}
	return out
}

// Text is a value as JSON.
func Text(v any) string { return scimclient.Text(v) }

// Keys returns the keys of a map in their order.
func Keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
