package certify

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/certifytest"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

type exchange = certifytest.Exchange
type object = map[string]any

// answers is a fault that changes answers to a method and a path, if their status is below 300.
func answers(method, path string, change func(o object)) certifytest.Fault {
	return certifytest.Answers(func(x *exchange) {
		if x.Is(method, path) && x.Status < 300 {
			x.Edit(change)
		}
	})
}

// becomes is a fault that turns a status into another one.
func becomes(from, to int) certifytest.Fault {
	return certifytest.Answers(func(x *exchange) {
		if x.Status == from {
			x.Status = to
		}
	})
}

// status is a fault that answers requests, whose path begins so, with a status.
func status(code int, method, path string) certifytest.Fault {
	return certifytest.Answers(func(x *exchange) {
		if x.Is(method, path) {
			x.Status = code
		}
	})
}

// without is a fault that loses a member of the bodies of requests.
func without(member string) certifytest.Fault {
	// a text, a list without lists in it, or an object without objects in it
	value := regexp.MustCompile(`"` + member + `":("[^"]*"|\[[^\[\]]*\]|\{[^{}]*\}|true|false|\d+),?`)
	return certifytest.Requests(func(_, _, query, body string) (string, string) {
		return query, strings.ReplaceAll(value.ReplaceAllString(body, ""), ",}", "}")
	})
}

// unasked is a fault that loses parameters of queries.
func unasked(names ...string) certifytest.Fault {
	return certifytest.Requests(func(_, _, query, body string) (string, string) {
		for _, name := range names {
			query = regexp.MustCompile(`(^|&)`+name+`=[^&]*`).ReplaceAllString(query, "")
		}
		return strings.TrimPrefix(query, "&"), body
	})
}

// swallowed is a fault that does nothing for a method, and answers with a status.
func swallowed(code int, method string) certifytest.Fault {
	return certifytest.Swallow(code, func(m, _, _ string) bool { return m == method })
}

// entries changes each entry of a list.
func entries(change func(e object)) func(o object) {
	return func(o object) {
		list, _ := o["Resources"].([]any)
		for _, e := range list {
			if e, ok := e.(object); ok {
				change(e)
			}
		}
	}
}

// attributes changes each attribute of the schemas with a name.
func attributes(name string, change func(a object)) certifytest.Fault {
	return answers("GET", "/Schemas", entries(func(e object) {
		list, _ := e["attributes"].([]any)
		for _, a := range list {
			if a, ok := a.(object); ok && a["name"] == name {
				change(a)
			}
		}
	}))
}

func set(key string, value any) func(o object) { return func(o object) { o[key] = value } }
func lose(key string) func(o object)           { return func(o object) { delete(o, key) } }

// within changes an object in an object.
func within(key string, change func(o object)) func(o object) {
	return func(o object) {
		if in, ok := o[key].(object); ok {
			change(in)
		}
	}
}

func config(change func(o object)) certifytest.Fault {
	return answers("GET", "/ServiceProviderConfig", change)
}

func empty(o object) {
	if o["Resources"] != nil {
		o["Resources"], o["totalResults"] = []any{}, 0
	}
}

// twice repeats the last value of a list.
func twice(key string) func(o object) {
	return func(o object) {
		if list, _ := o[key].([]any); len(list) > 0 {
			o[key] = append(list, list[len(list)-1])
		}
	}
}

func reversed(o object) {
	if list, _ := o["Resources"].([]any); len(list) > 1 {
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
	}
}

// open lets every caller in.
func open(w http.ResponseWriter, r *http.Request, next http.Handler) {
	r.Header.Set("Authorization", "Bearer "+certifytest.Token)
	next.ServeHTTP(w, r)
}

// half loses the part of a filter behind the first and.
var half = certifytest.Requests(func(_, _, query, body string) (string, string) {
	return regexp.MustCompile(`(filter=userName\+eq\+%22[^&+]*%22)\+and\+[^&]*`).ReplaceAllString(query, "$1"), body
})

// replaced replaces a text in queries and bodies.
func replaced(from, to string) certifytest.Fault {
	return certifytest.Requests(func(_, _, query, body string) (string, string) {
		return strings.ReplaceAll(query, from, to), strings.ReplaceAll(body, from, to)
	})
}

// lowered loses the letter case of externalId in filters.
var lowered = certifytest.Requests(func(_, _, query, body string) (string, string) {
	if strings.Contains(query, "-EXT") {
		query = strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(query), "externalid", "externalId"), "-ext", "-Ext")
	}
	return query, body
})

// sent answers requests whose body has a text with a status.
func sent(text string, code int) certifytest.Fault {
	return certifytest.Answers(func(x *exchange) {
		if strings.Contains(x.Sent, text) {
			x.Status = code
		}
	})
}

// session returns a session with a new server.
func session(t *testing.T, fault certifytest.Fault) (*probe.Session, *certifytest.Server) {
	s := certifytest.New(t, true)
	s.Break(fault)
	return probe.New(options(s).Options), s
}

func options(s *certifytest.Server) Options {
	return Options{Options: probe.Options{
		URL: s.URL, Token: certifytest.Token, Prefix: certifytest.Prefix(), Timeout: 10 * time.Second, Second: time.Millisecond, Pause: time.Millisecond,
	}, Profiles: Profiles()}
}
