package configfile

import (
	"os"
	"reflect"
	"strings"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/strict"
	"keycloak-scim-proxy/config/internal/value"
)

// Problem is one thing that is wrong.
type Problem = strict.Problem

// Problems is everything that is wrong, as an error.
type Problems = strict.Problems

// document is a file while it is read and validated.
type document struct{ *strict.Document }

// readFile decodes a file into a struct. It is false if the file cannot be read or is not YAML, so
// that there is nothing to validate.
func readFile(file string, into any) (document, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return document{&strict.Document{File: file, Problems: Problems{{File: file, Message: value.Reason(err)}}}}, false
	}
	return readBytes(file, b, into)
}

func readBytes(file string, b []byte, into any) (document, bool) {
	d, ok := strict.Decode(file, b, into, strict.Hooks{Defaults: setDefaults, UnknownKey: unknownKey})
	return document{d}, ok
}

// setDefaults sets the defaults of a section that is present.
func setDefaults(section any) {
	switch s := section.(type) {
	case *config.Redis:
		*s = config.DefaultRedis()
	case *config.Webhook:
		*s = config.DefaultWebhook()
	case *config.SSOLink:
		*s = config.DefaultSSOLink()
	case *config.Guard:
		*s = config.DefaultGuard()
	case *config.Passthrough:
		*s = config.DefaultPassthrough()
	}
}

// unknownKey says more about a key that would hold a secret, and about one that differs from a
// known key only in letter case.
func unknownKey(section reflect.Type, key string) string {
	if section == reflect.TypeFor[config.Token]() && (key == "token" || key == "secret" || key == "value") {
		return "tokens are not written here: put the SHA-256 of the token under sha256"
	}
	for f := range section.Fields() {
		switch tag := f.Tag.Get("yaml"); {
		case tag == key+"File" && (key == "secret" || key == "password"):
			return "secrets are not written here: use " + key + "File or " + key + "Env"
		case strings.EqualFold(tag, key) && tag != "-":
			return "unknown key, did you mean " + tag + "?"
		}
	}
	return "unknown key"
}

// Lines returns the line of each key and each element of a list in the main file or in the file of
// a tenant, by path, such as store.redis.addresses[0]. It is empty if the file is not YAML.
func Lines[T config.Config | config.Tenant](file string) map[string]int {
	var into T
	d, _ := readFile(file, &into)
	return d.Lines()
}
