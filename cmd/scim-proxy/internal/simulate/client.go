package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

// client sends requests as an identity provider would, and reads answers as plain JSON.
type client struct{ *scimclient.Client }

func newClient(base, token, agent string) client {
	return client{scimclient.New(scimclient.Options{
		URL: base, Token: scimclient.Bearer(token), Timeout: time.Minute,
		Agent: agent, ContentType: "application/scim+json; charset=utf-8",
	})}
}

// object is a JSON object.
type object = map[string]any

// want sends a request and fails unless the answer has one of the statuses. It returns nil for an
// answer without a body and for one of 300 or more.
func (c client) want(ctx context.Context, method, path string, body any, statuses ...int) (object, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	a, err := c.Do(ctx, method, path, text)
	e, refused := errors.AsType[*scimclient.Error](err)
	switch {
	case refused && slices.Contains(statuses, e.Status):
		return nil, nil
	case refused:
		return nil, fmt.Errorf("%w, want %v", err, statuses)
	case err != nil:
		return nil, err
	case !slices.Contains(statuses, a.Status):
		return nil, fmt.Errorf("%s %s was answered with %d, want %v", method, path, a.Status, statuses)
	}
	var out object
	if len(a.Body) > 0 && json.Unmarshal(a.Body, &out) != nil {
		return nil, fmt.Errorf("%s %s was answered with %d and a body that is not a JSON object", method, path, a.Status)
	}
	return out, nil
}

// find returns the resources that a filter matches.
func (c client) find(ctx context.Context, endpoint, filter string) ([]object, error) {
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
