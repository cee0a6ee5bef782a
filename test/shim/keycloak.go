package shim

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// send asks Keycloak for something beside the caller's request.
func (s *Shim) send(ctx context.Context, method, path, authorization, contentType, body string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.keycloak+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	if body != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, b}, err
}

// asAdmin asks the Admin REST API of the realm.
func (x *exchange) asAdmin(method, path string, body, answer any) error {
	token, err := x.adminToken(x.ctx)
	if err != nil {
		return err
	}
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = string(b)
	}
	r, err := x.send(x.ctx, method, "/admin/realms/"+x.realm+path, "Bearer "+token, "application/json", text)
	if err == nil && !r.ok() {
		err = fmt.Errorf("%s %s: %w", method, path, fmt.Errorf("%d %s", r.status, r.body)) // not a reply to the caller
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(r.body, answer)
	}
	return err
}

func (s *Shim) adminToken(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.expires) {
		return s.token, nil
	}
	form := url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {s.admin[0]}, "password": {s.admin[1]}}
	r, err := s.send(ctx, http.MethodPost, "/realms/master/protocol/openid-connect/token", "", "application/x-www-form-urlencoded", form.Encode())
	if err != nil {
		return "", err
	}
	var answer struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	if err := json.Unmarshal(r.body, &answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("the administrator's token: %d %w", r.status, err)
	}
	s.token, s.expires = answer.Token, time.Now().Add(time.Duration(answer.Expires/2)*time.Second)
	return s.token, nil
}

// asCaller asks the SCIM API with the caller's own token.
func (x *exchange) asCaller(method, path, body string) (reply, error) {
	return x.send(x.ctx, method, "/realms/"+x.realm+"/scim/v2"+path, x.authorization, "application/scim+json", body)
}

// permitted returns Keycloak's answer as an error if the caller may not change the resource, or if
// it does not exist.
func (x *exchange) permitted() error {
	r, err := x.asCaller(http.MethodPatch, "/"+x.endpoint+"/"+x.id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[]}`)
	if err == nil && !r.ok() {
		return r
	}
	return err
}
