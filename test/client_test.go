package test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// client is a protocol.Service that sends calls over HTTP.
type client struct{ base, token string }

func (c client) Do(ctx context.Context, call protocol.Call) (protocol.Answer, error) {
	switch call := call.(type) {
	case protocol.Create:
		return c.send(ctx, "POST", "/"+call.Type.Endpoint(), call.Body.String())
	case protocol.Read:
		return c.send(ctx, "GET", path(call.Ref)+query(call.Projection, url.Values{}), "")
	case protocol.List:
		v := url.Values{"startIndex": {strconv.Itoa(call.Query.Start)}, "count": {strconv.Itoa(call.Query.Count)}}
		if call.Query.Cursor != nil {
			v.Del("startIndex")
			v.Set("cursor", *call.Query.Cursor)
		}
		if !call.Query.Sort.By.IsZero() {
			v.Set("sortBy", call.Query.Sort.By.String())
			v.Set("sortOrder", map[bool]string{false: "ascending", true: "descending"}[call.Query.Sort.Descending])
		}
		if call.Query.Filter != nil {
			v.Set("filter", call.Query.Filter.String())
		}
		return c.send(ctx, "GET", "/"+call.Query.Type.Endpoint()+query(call.Projection, v), "")
	case protocol.Replace:
		return c.send(ctx, "PUT", path(call.Ref), call.Body.String())
	case protocol.Patch:
		return c.send(ctx, "PATCH", path(call.Ref), patchBody(call.Ops))
	case protocol.Delete:
		return c.send(ctx, "DELETE", path(call.Ref), "")
	case protocol.Restore: // no client can send it
	}
	return protocol.Answer{}, fmt.Errorf("unsupported call %T", call)
}

func path(r scim.Ref) string { return "/" + r.Type.Endpoint() + "/" + url.PathEscape(r.ID) }

func query(w protocol.Projection, v url.Values) string {
	for _, a := range w.Attributes {
		v.Add("attributes", a.String())
	}
	for _, a := range w.Excluded {
		v.Add("excludedAttributes", a.String())
	}
	return "?" + v.Encode()
}

func patchBody(ops []scim.Op) string {
	type op struct {
		Op    string          `json:"op"`
		Path  string          `json:"path,omitempty"`
		Value json.RawMessage `json:"value,omitempty"`
	}
	out := []op{}
	for _, o := range ops {
		out = append(out, op{string(o.Kind), o.Path.String(), json.RawMessage(o.Value)})
	}
	b, _ := json.Marshal(map[string]any{"schemas": []string{scim.PatchURN}, "Operations": out})
	return string(b)
}

func (c client) send(ctx context.Context, method, path, body string) (protocol.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return protocol.Answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return protocol.Answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return protocol.Answer{}, err
	}
	return readAnswer(res, b)
}

func readAnswer(res *http.Response, b []byte) (protocol.Answer, error) {
	if res.StatusCode >= 300 {
		doc := gjson.ParseBytes(b)
		return protocol.Answer{}, &scim.Error{Status: res.StatusCode, Type: doc.Get("scimType").String(), Detail: doc.Get("detail").String()}
	}
	if len(b) == 0 {
		return protocol.Answer{}, nil
	}
	doc, err := scim.ParseResource(b)
	if err != nil || doc.Raw("totalResults") == "" {
		return protocol.Answer{Resource: doc, Version: res.Header.Get("ETag")}, err
	}
	page := &directory.Page{Next: gjson.GetBytes(b, "nextCursor").String(), Total: int(gjson.GetBytes(b, "totalResults").Int()), Start: int(gjson.GetBytes(b, "startIndex").Int())}
	for _, e := range document.Elements(doc.Raw("Resources")) {
		page.Resources = append(page.Resources, document.Must(e))
	}
	return protocol.Answer{Page: page}, nil
}
