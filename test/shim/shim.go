package shim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// Shim is an http.Handler before one Keycloak.
type Shim struct {
	keycloak string
	admin    [2]string // name and password
	rules    map[Rule]bool
	proxy    *httputil.ReverseProxy
	client   http.Client

	mu       sync.Mutex
	token    string
	expires  time.Time
	modified map[string]time.Time // by id
}

// New makes a shim before the Keycloak at the URL. The administrator is one of the realm master.
func New(keycloak, adminUser, adminPassword string, rules ...Rule) (*Shim, error) {
	target, err := url.Parse(keycloak)
	if err != nil {
		return nil, err
	}
	s := &Shim{keycloak: keycloak, admin: [2]string{adminUser, adminPassword}, rules: map[Rule]bool{}, modified: map[string]time.Time{}}
	for _, r := range rules {
		s.rules[r] = true
	}
	s.client.Timeout = time.Minute
	s.proxy = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = target.Host },
		ModifyResponse: s.answer,
	}
	return s, nil
}

var scimPath = regexp.MustCompile(`^/realms/([^/]+)/scim/v2/(Users|Groups|ServiceProviderConfig)(?:/([^/]+))?$`)

type exchangeKey struct{}

// ServeHTTP refuses a request to the SCIM API, or hands it on.
func (s *Shim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := scimPath.FindStringSubmatch(r.URL.Path)
	if m == nil || len(s.rules) == 0 {
		s.proxy.ServeHTTP(w, r)
		return
	}
	x := &exchange{Shim: s, ctx: r.Context(), method: r.Method, realm: m[1], endpoint: m[2], id: m[3], query: r.URL.Query(), authorization: r.Header.Get("Authorization")}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		x.body, _ = object(body) // nil: no object, which Keycloak refuses itself
		err = x.check()
	}
	if reply, refused := errors.AsType[reply](err); refused {
		reply.write(w)
		return
	}
	if err != nil {
		http.Error(w, "shim: "+err.Error(), http.StatusInternalServerError)
		return
	}
	if x.changed {
		if body, err = json.Marshal(x.body); err != nil {
			http.Error(w, "shim: "+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	s.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
}

// answer changes what Keycloak answers.
func (s *Shim) answer(res *http.Response) error {
	x, ok := res.Request.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	_ = res.Body.Close() // it is read
	r := reply{res.StatusCode, body}
	if err := x.answered(&r); err != nil {
		return err
	}
	res.StatusCode, res.Status = r.status, strconv.Itoa(r.status)+" "+http.StatusText(r.status)
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(r.body)), int64(len(r.body))
	res.Header.Set("Content-Length", strconv.Itoa(len(r.body)))
	return nil
}

// reply is an answer to the caller. As an error it ends a request that is not handed on.
type reply struct {
	status int
	body   []byte
}

// Error is the answer's body.
func (r reply) Error() string { return strconv.Itoa(r.status) + " " + string(r.body) }

func (r reply) ok() bool { return r.status >= 200 && r.status < 300 }

func (r reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/scim+json;charset=UTF-8")
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}

// refusal is a SCIM error as Keycloak writes it.
func refusal(status int, scimType, detail string) reply {
	doc := map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": strconv.Itoa(status), "detail": detail}
	if scimType != "" {
		doc["scimType"] = scimType
	}
	b, _ := json.Marshal(doc) // texts
	return reply{status, b}
}

// object reads a JSON object and keeps numbers as they are written.
func object(text []byte) (map[string]any, error) {
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return doc, d.Decode(&doc)
}
