package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

const bulkURN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

// client sends the requests of an import.
type client struct{ *scimclient.Client }

// limits returns the maximum number of operations in a bulk request and its maximum size in bytes.
func (c client) limits(ctx context.Context) (operations, payload int, err error) {
	a, err := c.Do(ctx, http.MethodGet, "/ServiceProviderConfig", nil)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", c.URL(), err)
	}
	doc, _ := scim.ParseResource(a.Body) // anything else has no limits, which is refused below
	of := func(name string) string { return doc.Get(scim.AttrPath{Name: "bulk", Sub: name}) }
	operations, errOperations := strconv.Atoi(of("maxOperations"))
	payload, errPayload := strconv.Atoi(of("maxPayloadSize"))
	if of("supported") != "true" || errOperations != nil || errPayload != nil || operations < 1 || payload < 1 {
		return 0, 0, fmt.Errorf("%s: ServiceProviderConfig does not offer bulk requests: import needs bulk.supported, maxOperations and maxPayloadSize", c.URL())
	}
	return operations, payload, nil
}

// schemas returns the core schemas and the extensions that the server declares. A server may have
// no /Schemas.
func (c client) schemas(ctx context.Context) (scim.Schemas, error) {
	all := scim.CoreSchemas()
	a, err := c.Do(ctx, http.MethodGet, "/Schemas", nil)
	if errors.As(err, new(*scimclient.Error)) {
		return all, nil
	}
	if err != nil {
		return all, err
	}
	doc, _ := scim.ParseResource(a.Body)
	for _, e := range document.Elements(doc.Raw("Resources")) {
		var s scim.Schema
		if err := json.Unmarshal([]byte(e), &s); err != nil {
			return all, fmt.Errorf("GET /Schemas: %w", err)
		}
		if s.ID != "" && all.Open(scim.User, scim.AttrPath{URN: s.ID}) { // RFC 7643 does not define it
			all = all.With(scim.User, s)
		}
	}
	return all, nil
}

// byName returns the user with the userName name. It reports false if the server does not find
// exactly one.
func (c client) byName(ctx context.Context, name string) (user scim.Resource, ok bool, err error) {
	filter := scim.Equal(scim.AttrPath{Name: "userName"}, name).String()
	a, err := c.Once(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(filter), nil)
	if err != nil {
		return user, false, err
	}
	doc, _ := scim.ParseResource(a.Body)
	found := document.Elements(doc.Raw("Resources"))
	if len(found) != 1 {
		return user, false, nil
	}
	user, err = scim.ParseResource([]byte(found[0]))
	return user, err == nil, err
}

// bulk creates the users of rows with one request. It returns the error of each operation by its
// bulkId, nil if the user was created. Operations without a result are not in the map.
func (c client) bulk(ctx context.Context, rows []row) (map[string]*scimclient.Error, error) {
	operations := make([]string, len(rows))
	for i, r := range rows {
		operations[i] = operation(r)
	}
	a, err := c.Once(ctx, http.MethodPost, "/Bulk", []byte(bulkRequest(operations)))
	if err != nil {
		return nil, err
	}
	doc, _ := scim.ParseResource(a.Body) // anything else has no results
	results := map[string]*scimclient.Error{}
	for _, e := range document.Elements(doc.Raw("Operations")) {
		r, err := scim.ParseResource([]byte(e))
		if err != nil {
			continue
		}
		status, err := strconv.Atoi(document.Text(r.Raw("status")))
		if err != nil {
			continue
		}
		id := document.Text(r.Raw("bulkId"))
		results[id] = nil
		if status >= http.StatusMultipleChoices {
			response, _ := scim.ParseResource([]byte(r.Raw("response"))) // optional
			results[id] = &scimclient.Error{Status: status, Detail: document.Text(response.Raw("detail"))}
		}
	}
	return results, nil
}

func bulkID(x row) string { return strconv.Itoa(x.number) }

// operation returns the bulk operation that creates the user of a row.
func operation(x row) string {
	return `{"method":"POST","path":"/Users","bulkId":"` + bulkID(x) + `","data":` + x.user.String() + `}`
}

func bulkRequest(operations []string) string {
	return `{"schemas":["` + bulkURN + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}
