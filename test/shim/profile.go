package shim

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// attribute of the realm's user profile.
type attribute struct {
	Name        string                    `json:"name"`
	Multivalued bool                      `json:"multivalued"`
	Required    *struct{}                 `json:"required"`
	Validations map[string]map[string]any `json:"validations"`
	Annotations map[string]any            `json:"annotations"`
}

var builtIn = map[string]string{"username": "userName", "email": "emails", "firstName": "name.givenName", "lastName": "name.familyName"}

// path is the SCIM attribute in lower case, or "".
func (a attribute) path() string {
	if p := builtIn[a.Name]; p != "" {
		return strings.ToLower(p)
	}
	p, _ := a.Annotations["kc.scim.schema.attribute"].(string)
	return strings.ToLower(p)
}

// list reports whether 26.8 shows the attribute as a list.
func (a attribute) list() bool {
	return a.Multivalued && strings.HasPrefix(a.path(), "urn:") && !strings.HasPrefix(a.path(), "urn:ietf:params:scim:schemas:")
}

func (x *exchange) profile() ([]attribute, error) {
	var p struct{ Attributes []attribute }
	return p.Attributes, x.asAdmin("GET", "/users/profile", nil, &p)
}

// user is a representation of the Admin REST API.
type user map[string]any

func (x *exchange) user(id string) (u user, err error) {
	return u, x.asAdmin("GET", "/users/"+id, nil, &u)
}

// values of an attribute.
func (u user) values(name string) []string {
	if builtIn[name] != "" {
		return texts(u[name])
	}
	all, _ := u["attributes"].(map[string]any)
	return texts(all[name])
}

func (u user) set(name string, values []string) {
	if builtIn[name] != "" {
		u[name] = strings.Join(values, "")
		return
	}
	all, _ := u["attributes"].(map[string]any)
	if all == nil {
		all = map[string]any{}
		u["attributes"] = all
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	all[name] = list
}

// texts are the values that stand in a JSON value; of an object it is its member "value".
func texts(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, texts(e)...)
		}
		return all
	case map[string]any:
		return texts(v["value"])
	}
	if text := fmt.Sprint(v); text != "" {
		return []string{text}
	}
	return nil
}

var address = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)

// wrong is what Keycloak says of the first attribute that breaks the profile, or "". Validators
// that are not here are not imposed.
func wrong(profile []attribute, u user) string {
	for _, a := range profile {
		values := u.values(a.Name)
		if a.Required != nil && len(values) == 0 {
			return "Please specify " + a.Name + "."
		}
		for _, v := range values {
			if said := a.wrong(v); said != "" {
				return a.Name + " " + said
			}
		}
	}
	return ""
}

func (a attribute) wrong(text string) string {
	for kind, config := range a.Validations {
		said := ""
		switch kind {
		case "length":
			said = wrongLength(len([]rune(text)), config)
		case "pattern":
			if re, err := regexp.Compile("^(?:" + fmt.Sprint(config["pattern"]) + ")$"); err == nil && !re.MatchString(text) {
				said = "doesnt match required format."
			}
		case "options":
			if !slices.Contains(texts(config["options"]), text) {
				said = "has invalid value."
			}
		case "email":
			if !address.MatchString(text) {
				said = "is not a valid e-mail address."
			}
		}
		if said != "" {
			return said
		}
	}
	return ""
}

func wrongLength(n int, config map[string]any) string {
	if limit, ok := number(config["max"]); ok && n > limit {
		return fmt.Sprintf("must have maximal length of %d.", limit)
	}
	if limit, ok := number(config["min"]); ok && n < limit {
		return fmt.Sprintf("must have minimal length of %d.", limit)
	}
	return ""
}

func number(v any) (int, bool) {
	n, err := strconv.Atoi(fmt.Sprint(v))
	return n, err == nil
}
