package importer_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// server is a SCIM server in memory with a bulk endpoint. userNames and e-mail addresses are
// unique.
type server struct {
	*httptest.Server
	mu                  sync.Mutex
	operations, payload int
	schemas             string
	users               []scim.Resource
	// requests has the bulkIds of each bulk request.
	requests [][]string
	// backwards lets the server carry out the last operation of a request first.
	backwards bool
	// spoil returns how the n-th bulk request fails, from 1.
	spoil func(n int) spoilt
}

// spoilt describes how a bulk request fails. With the zero value it succeeds.
type spoilt struct {
	status int  // of the whole request, or 0
	done   int  // if some is not 0, how many operations succeed
	some   int  // status of the other operations, or 0: all succeed
	hold   bool // wait with the answer until the client has gone
	abort  bool // close the connection instead of answering
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{operations: 1000, payload: 1 << 20}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer secret":
		say(w, 401, `{"detail":"who are you?"}`)
	case r.URL.Path == "/scim/v2/ServiceProviderConfig":
		say(w, 200, fmt.Sprintf(`{"bulk":{"supported":%v,"maxOperations":%d,"maxPayloadSize":%d}}`, s.operations > 0, s.operations, s.payload))
	case r.URL.Path == "/scim/v2/Schemas" && s.schemas != "":
		say(w, 200, `{"Resources":`+s.schemas+`}`)
	case r.URL.Path == "/scim/v2/Bulk":
		s.bulk(w, r)
	case r.URL.Path == "/scim/v2/Users":
		f, err := scim.ParseFilter(r.URL.Query().Get("filter"))
		if err != nil {
			say(w, 400, `{}`)
			return
		}
		var found []string
		for _, u := range s.users {
			if scim.CoreSchemas().Match(f, scim.User, u) {
				found = append(found, u.String())
			}
		}
		say(w, 200, `{"Resources":`+document.Array(found)+`}`)
	default:
		say(w, 404, `{}`)
	}
}

func say(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (s *server) bulk(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	doc := gjson.ParseBytes(body)
	ops := doc.Get("Operations").Array()
	if err != nil || !gjson.ValidBytes(body) || len(body) > s.payload || len(ops) > s.operations {
		say(w, 413, `{"detail":"too much"}`)
		return
	}
	if s.backwards {
		slices.Reverse(ops)
	}
	var ids, results []string
	for _, o := range ops {
		ids = append(ids, o.Get("bulkId").String())
	}
	s.requests = append(s.requests, ids)
	var p spoilt
	if s.spoil != nil {
		p = s.spoil(len(s.requests))
	}
	if p.status != 0 {
		w.Header().Set("Retry-After", "7")
		say(w, p.status, "<html>")
		return
	}
	for i, o := range ops {
		status, detail := p.some, "later"
		if p.some == 0 || i < p.done {
			status, detail = s.create(o.Get("data").Raw)
		}
		results = append(results, fmt.Sprintf(`{"method":"POST","bulkId":%q,"status":"%d","response":{"detail":%q}}`, ids[i], status, detail))
	}
	slices.Reverse(results) // the order is not defined
	if p.hold {
		<-r.Context().Done()
	}
	if p.abort {
		panic(http.ErrAbortHandler)
	}
	say(w, 200, `{"Operations":`+document.Array(results)+`}`)
}

func (s *server) create(data string) (int, string) {
	u := document.Must(data)
	name := document.Text(u.Raw("userName"))
	switch {
	case name == "":
		return 400, "userName is missing"
	case name == "never":
		return 503, "not now"
	case strings.HasPrefix(name, "break"):
		return 500, "something broke"
	}
	for _, have := range s.users {
		if strings.EqualFold(name, document.Text(have.Raw("userName"))) {
			return 409, "userName is taken"
		}
		if e := gjson.Get(data, "emails.0.value").String(); e != "" && strings.EqualFold(e, gjson.Get(have.String(), "emails.0.value").String()) {
			return 409, "the e-mail address is taken"
		}
	}
	if u.Raw("active") == "" {
		u = u.With("active", "true")
	}
	s.users = append(s.users, u.With("id", document.Quote(strconv.Itoa(len(s.users)+1))))
	return 201, ""
}

// names returns all userNames, sorted.
func (s *server) names() string {
	var out []string
	for _, u := range s.users {
		out = append(out, document.Text(u.Raw("userName")))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// live returns the bytes in use on the heap after a collection.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
