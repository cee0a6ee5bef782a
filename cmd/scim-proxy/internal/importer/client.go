package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

const (
	bulkURN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	// most is how much of an answer is read.
	most = 64 << 20
)

// client speaks SCIM to the server at base.
type client struct {
	base, token string
	http        *http.Client
}

// answer is a status and the JSON object that came with it, if one did.
type answer struct {
	status int
	doc    scim.Resource
	pause  time.Duration // that the server asked for
}

// passing answers are others another time.
func (a answer) passing() bool {
	return a.status >= 500 && a.status != http.StatusNotImplemented || a.status == http.StatusTooManyRequests || a.status == http.StatusRequestTimeout
}

// text is the status and the detail of an error, on one line.
func (a answer) text() string {
	detail := document.Text(a.doc.Raw("detail"))
	if detail == "" {
		detail = http.StatusText(a.status)
	}
	return strings.Join(strings.Fields(strconv.Itoa(a.status)+" "+detail), " ")
}

func (a answer) said(what string) error { return fmt.Errorf("%s was answered with %s", what, a.text()) }

// send fails where there is no answer.
func (c client) send(ctx context.Context, method, path, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/scim+json")
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil { // a date is as good as none
		a.pause = time.Duration(s) * time.Second
	}
	a.doc, _ = scim.ParseResource(b) // the status says enough
	return a, nil
}

// limits asks how many operations and bytes a bulk request may have.
func (c client) limits(ctx context.Context) (operations, payload int, err error) {
	a, err := c.send(ctx, http.MethodGet, "/ServiceProviderConfig", "")
	if err != nil {
		return 0, 0, err
	}
	if a.status != http.StatusOK {
		return 0, 0, a.said("GET " + c.base + "/ServiceProviderConfig")
	}
	of := func(name string) string { return a.doc.Get(scim.AttrPath{Name: "bulk", Sub: name}) }
	operations, errOperations := strconv.Atoi(of("maxOperations"))
	payload, errPayload := strconv.Atoi(of("maxPayloadSize"))
	if of("supported") != "true" || errOperations != nil || errPayload != nil || operations < 1 || payload < 1 {
		return 0, 0, fmt.Errorf("the server at %s does not offer bulk requests", c.base)
	}
	return operations, payload, nil
}

// schemas are those of users with the extensions that the server declares, if it shows any.
func (c client) schemas(ctx context.Context) (scim.Schemas, error) {
	all := scim.CoreSchemas()
	a, err := c.send(ctx, http.MethodGet, "/Schemas", "")
	if err != nil || a.status != http.StatusOK {
		return all, err
	}
	for _, e := range document.Elements(a.doc.Raw("Resources")) {
		var s scim.Schema
		if err := json.Unmarshal([]byte(e), &s); err != nil {
			return all, fmt.Errorf("GET /Schemas: %w", err)
		}
		if s.ID != "" && all.Open(scim.User, scim.AttrPath{URN: s.ID}) { // not one of RFC 7643
			all = all.With(scim.User, s)
		}
	}
	return all, nil
}

// byName finds the one user of that name.
func (c client) byName(ctx context.Context, name string) (user scim.Resource, ok bool, err error) {
	filter := scim.Equal(scim.AttrPath{Name: "userName"}, name).String()
	a, err := c.send(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(filter), "")
	if err != nil {
		return user, false, err
	}
	if a.status != http.StatusOK {
		return user, false, a.said("the look-up of a user")
	}
	found := document.Elements(a.doc.Raw("Resources"))
	if len(found) != 1 {
		return user, false, nil
	}
	user, err = scim.ParseResource([]byte(found[0]))
	return user, err == nil, err
}

// bulk creates the users of rows, each on its own.
func (c client) bulk(ctx context.Context, rows []row) (answer, error) {
	operations := make([]string, len(rows))
	for i, r := range rows {
		operations[i] = operation(r)
	}
	return c.send(ctx, http.MethodPost, "/Bulk", bulkRequest(operations))
}

func bulkID(x row) string { return strconv.Itoa(x.number) }

// operation is one row in a bulk request.
func operation(x row) string {
	return `{"method":"POST","path":"/Users","bulkId":"` + bulkID(x) + `","data":` + x.user.String() + `}`
}

func bulkRequest(operations []string) string {
	return `{"schemas":["` + bulkURN + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}
