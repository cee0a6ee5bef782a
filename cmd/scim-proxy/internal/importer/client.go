package importer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
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

// send returns the answer's status and JSON object. An answer without one has none; a request that got no answer is an error.
func (c client) send(ctx context.Context, method, path, body string) (int, scim.Resource, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, scim.Resource{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/scim+json")
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, scim.Resource{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		return 0, scim.Resource{}, err
	}
	doc, _ := scim.ParseResource(b) // a status says enough
	return res.StatusCode, doc, nil
}

// limits asks how many operations and bytes a bulk request may have.
func (c client) limits(ctx context.Context) (operations, payload int, err error) {
	status, doc, err := c.send(ctx, http.MethodGet, "/ServiceProviderConfig", "")
	if err != nil {
		return 0, 0, err
	}
	if status != http.StatusOK {
		return 0, 0, refusal("GET /ServiceProviderConfig", status, doc)
	}
	of := func(name string) string { return doc.Get(scim.AttrPath{Name: "bulk", Sub: name}) }
	if of("supported") != "true" {
		return 0, 0, fmt.Errorf("the server at %s does not support bulk requests", c.base)
	}
	operations, err = strconv.Atoi(of("maxOperations"))
	if err == nil {
		payload, err = strconv.Atoi(of("maxPayloadSize"))
	}
	return operations, payload, err
}

// byName finds the one user of that name.
func (c client) byName(ctx context.Context, name string) (user scim.Resource, ok bool, err error) {
	filter := scim.Equal(scim.AttrPath{Name: "userName"}, name).String()
	status, doc, err := c.send(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(filter), "")
	if err != nil {
		return user, false, err
	}
	if status != http.StatusOK {
		return user, false, refusal("the look-up of a user", status, doc)
	}
	found := scim.Elements(doc.Raw("Resources"))
	if len(found) != 1 {
		return user, false, nil
	}
	user, err = scim.ParseResource([]byte(found[0]))
	return user, err == nil, err
}

func refusal(what string, status int, doc scim.Resource) error {
	return fmt.Errorf("%s was answered with %d %s", what, status, scim.Text(doc.Raw("detail")))
}

// operation is one row in a bulk request.
func operation(x row) string {
	return `{"method":"POST","path":"/Users","bulkId":"` + strconv.Itoa(x.number) + `","data":` + x.user.String() + `}`
}

func bulkRequest(operations []string) string {
	return `{"schemas":["` + bulkURN + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}
