package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

// client sends requests as an identity provider would, and reads answers as plain JSON.
type client struct {
	*scimclient.Client
	// asked is the latest request, written the latest one that is not a GET.
	asked, written string
}

func newClient(o Options, agent string) *client {
	return &client{Client: scimclient.New(scimclient.Options{
		URL: o.URL, Token: scimclient.Bearer(o.Token), Timeout: time.Minute, Transport: o.Transport,
		Agent: agent, ContentType: "application/scim+json; charset=utf-8",
	})}
}

// object is a JSON object.
type object = map[string]any

// want sends a request and fails unless the answer has one of the statuses. It returns nil for an
// answer without a body and for one of 300 or more.
func (c *client) want(ctx context.Context, method, path string, body any, statuses ...int) (object, error) {
	c.asked = method + " " + path
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
		c.asked += " " + string(text)
	}
	if method != http.MethodGet {
		c.written = c.asked
	}
	a, err := c.Do(ctx, method, path, text)
	e, refused := errors.AsType[*scimclient.Error](err)
	switch {
	case refused && slices.Contains(statuses, e.Status):
		return nil, nil
	case refused:
		return nil, c.differs("status "+alternatives(statuses), fmt.Sprintf("status %d %s", e.Status, e.Body))
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, c.differs("status "+alternatives(statuses), "no answer: "+err.Error())
	case !slices.Contains(statuses, a.Status):
		return nil, c.differs("status "+alternatives(statuses), fmt.Sprintf("status %d %s", a.Status, a.Body))
	}
	var out object
	if len(a.Body) > 0 && json.Unmarshal(a.Body, &out) != nil {
		return nil, c.differs("a JSON object", fmt.Sprintf("status %d %s", a.Status, a.Body))
	}
	return out, nil
}

func alternatives(statuses []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(statuses), " ", " or "), "[]")
}

// differs is the failure of the latest request.
func (c *client) differs(expected, shown string) error {
	return &Failure{Sent: c.asked, Expected: expected, Shown: shown}
}

// lost is the failure of the latest write, which a read shows.
func (c *client) lost(expected, shown string) error {
	return &Failure{Sent: c.written, Expected: expected, Shown: shown}
}

// find returns the resources that a filter matches.
func (c *client) find(ctx context.Context, endpoint, filter string) ([]object, error) {
	out, err := c.want(ctx, http.MethodGet, endpoint+"?filter="+url.QueryEscape(filter), nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var found []object
	list, _ := out["Resources"].([]any)
	for _, e := range list {
		if o, ok := e.(map[string]any); ok {
			found = append(found, o)
		}
	}
	return found, nil
}

// at returns the value at a path of keys, or nil.
func at(v any, keys ...string) any {
	for _, k := range keys {
		m, ok := v.(object)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}
