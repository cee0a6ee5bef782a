package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// client sends requests as an identity provider would, and reads answers as plain JSON.
type client struct {
	base, token, agent string
	http               http.Client
}

func newClient(base, token, agent string) *client {
	return &client{base: strings.TrimSuffix(base, "/"), token: token, agent: agent, http: http.Client{Timeout: time.Minute}}
}

// object is a JSON object as it came.
type object map[string]any

func (c *client) do(ctx context.Context, method, path string, body any) (int, object, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		text = strings.NewReader(string(b))
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, text)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/scim+json")
	req.Header.Set("User-Agent", c.agent)
	if body != nil {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return 0, nil, err
	}
	var out object
	if len(b) > 0 && json.Unmarshal(b, &out) != nil {
		return res.StatusCode, nil, fmt.Errorf("%s %s answered %d with a body that is no JSON object", method, path, res.StatusCode)
	}
	return res.StatusCode, out, nil
}

// want sends a request and fails unless the answer has one of the statuses.
func (c *client) want(ctx context.Context, method, path string, body any, statuses ...int) (object, error) {
	status, out, err := c.do(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	if slices.Contains(statuses, status) {
		return out, nil
	}
	return nil, fmt.Errorf("%s %s answered %d (%v), want %v", method, path, status, out["detail"], statuses)
}

// find looks resources up by a filter.
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

// at walks into an object by keys; nil where there is nothing.
func at(v any, keys ...string) any {
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if o, isObject := v.(object); isObject {
			m, ok = o, true
		}
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}
