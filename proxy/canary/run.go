package canary

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/adapters/shapes"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/scim"
)

// Tenant is what a canary needs of a tenant.
type Tenant struct {
	IDP     string
	Schemas scim.Schemas
	Gate    *staged.Gate
	// Through sends requests through the proxy as the tenant.
	Through http.Handler
	// Native reads the representation of a user in Keycloak by its Admin REST API, with the status
	// of the answer.
	Native func(ctx context.Context, id string) (status int, body []byte, err error)
	// Refresh lets the proxy read the realm's user profile again before it uses it.
	Refresh func()
	// Place returns where an attribute lives, by the realm's user profile as it is now.
	Place func(ctx context.Context, p scim.AttrPath) (staged.Place, error)
}

// cleaning is how long the removal of a canary may take after the caller has gone.
const cleaning = 30 * time.Second

type run struct {
	Tenant
	shape  shapes.User
	probes []probe
	name   string
	report *Report
	rows   []*Row
	places map[string]staged.Place // by required leaf
	before map[string]staged.Place // where they must live; nil: anywhere
	id     string                  // of the canary, once it is known
	shown  object                  // what GET showed last
}

// newRun plans a canary. id makes its values unique: lower-case letters and digits.
func newRun(t Tenant, id string, given map[string]string, at time.Time) *run {
	s := samples{id: id, schemas: t.Schemas, given: given}
	r := &run{
		Tenant: t, shape: shapes.For(t.IDP), probes: s.probes(t.Gate.Required), name: s.userName(), places: map[string]staged.Place{},
		report: &Report{Tenant: t.Gate.Tenant, IDP: t.IDP, Canary: s.userName(), At: at.UTC()},
	}
	for _, p := range r.probes {
		row := &Row{Attribute: p.path.String(), Required: p.required}
		if p.unknown {
			row.Wrong = "no schema says which attributes it has: declare it in extensions, or name its attributes one by one"
		}
		r.rows = append(r.rows, row)
	}
	return r
}

// all does everything with the canary, and concludes the report.
func (r *run) all(ctx context.Context) {
	defer func() {
		for _, row := range r.rows {
			row.Survived = row.Wrong == "" && row.Lives != ""
			r.report.Attributes = append(r.report.Attributes, *row)
		}
		r.report.conclude()
	}()
	former, end, err := r.Gate.Begin(ctx, r.name)
	if err != nil {
		r.step("begin", "no other canary of the tenant runs", err)
		return
	}
	defer end()
	r.Refresh()
	if former != "" {
		r.step("leftover", "the canary of a run that was interrupted is gone", r.removeNamed(ctx, former))
	}
	created := r.step("create", "a user with all attributes, in the provider's form", r.create(ctx)) &&
		r.step("read", "the proxy and Keycloak show it as sent", r.compare(ctx, 0))
	if created && r.step("update", "the attributes are changed, in the provider's form", r.update(ctx)) {
		r.step("reread", "the proxy and Keycloak show the changes", r.compare(ctx, 1))
	}
	if created {
		r.step("deactivate", "the user is disabled in Keycloak", r.deactivate(ctx))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer cancel()
	r.step("delete", "the user is gone", r.remove(ctx))
}

// step notes a step, and reports whether it succeeded.
func (r *run) step(name, means string, err error) bool {
	s := Step{Name: name, Means: means}
	if err != nil {
		s.Wrong = err.Error()
	}
	r.report.Steps = append(r.report.Steps, s)
	return err == nil
}

// want sends a request through the proxy, and returns the object in its answer.
func (r *run) want(ctx context.Context, method, path string, body any, status ...int) (object, error) {
	a, err := through(ctx, r.Through, r.shape.Agent, method, path, body)
	if err != nil {
		return nil, err
	}
	if slices.Contains(status, a.status) {
		var out object
		_ = json.Unmarshal(a.body.Bytes(), &out) // an answer may have no body
		return out, nil
	}
	return nil, fmt.Errorf("%s %s was answered with %d: %s", method, strings.SplitN(path, "?", 2)[0], a.status, a.detail())
}

func (r *run) create(ctx context.Context) error {
	made, err := r.want(ctx, http.MethodPost, "/Users", r.shape.Create(whole(r.probes, 0)), http.StatusCreated)
	if err != nil {
		return err
	}
	if r.id, _ = made["id"].(string); r.id == "" {
		return fmt.Errorf("the answer has no id")
	}
	return nil
}

func (r *run) path() string { return "/Users/" + url.PathEscape(r.id) }

func (r *run) update(ctx context.Context) error {
	q := r.shape.Update(changes(r.probes), whole(r.probes, 1), r.shown)
	_, err := r.want(ctx, q.Method, r.path(), q.Body, http.StatusOK, http.StatusNoContent)
	return err
}

// compare compares every attribute with what the proxy and Keycloak show. What is lost is noted in
// its row; an error is that the canary cannot be read.
func (r *run) compare(ctx context.Context, version int) (err error) {
	if r.shown, err = r.want(ctx, http.MethodGet, r.path(), nil, http.StatusOK); err != nil {
		return err
	}
	native, err := r.native(ctx)
	if err != nil {
		return err
	}
	for i, p := range r.probes {
		if row := r.rows[i]; row.Wrong == "" {
			if err := r.judge(ctx, p, row, version, native); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge decides what became of one attribute.
func (r *run) judge(ctx context.Context, p probe, row *Row, version int, native object) error {
	when := [versions]string{"after the create", "after the update"}[version]
	if missing := lacks(plain(p.users[version]), r.shown, ""); missing != "" {
		row.Wrong = missing + " is not shown as sent " + when
		return nil
	}
	var lives []string
	for _, l := range leaves(p.users[version]) {
		place, err := r.Place(ctx, l.path)
		if err != nil {
			return err
		}
		if place == staged.Keycloak && !has(native, l.value) {
			row.Wrong = l.path.String() + " should live in Keycloak, which does not have it " + when
			return nil
		}
		if p.required {
			r.places[l.path.String()] = place
			if was, known := r.before[l.path.String()]; known && was != place {
				row.Wrong = staged.Move{Attribute: l.path.String(), Was: was, Is: place}.String() + ": mend the user profile in Keycloak or, if that is intended, accept it (--accept)"
				return nil
			}
		}
		if len(lives) == 0 || lives[len(lives)-1] != string(place) {
			lives = append(lives, string(place))
		}
	}
	if version == versions-1 {
		row.Lives = strings.Join(lives, ", ")
	}
	return nil
}

// native returns the user as Keycloak has it.
func (r *run) native(ctx context.Context) (object, error) {
	status, body, err := r.Native(ctx, r.id)
	if err != nil {
		return nil, err
	}
	var out object
	if status != http.StatusOK || json.Unmarshal(body, &out) != nil {
		return nil, fmt.Errorf("Keycloak's Admin REST API answers %d for the user", status)
	}
	return out, nil
}

func (r *run) deactivate(ctx context.Context) error {
	q := r.shape.Active(false, whole(r.probes, 1), r.shown)
	if _, err := r.want(ctx, q.Method, r.path(), q.Body, http.StatusOK, http.StatusNoContent); err != nil {
		return err
	}
	shown, err := r.want(ctx, http.MethodGet, r.path(), nil, http.StatusOK)
	if err != nil {
		return err
	}
	native, err := r.native(ctx)
	switch {
	case err != nil:
		return err
	case shown["active"] != false:
		return fmt.Errorf("the proxy shows active %v", shown["active"])
	case native["enabled"] != false:
		return fmt.Errorf("Keycloak shows enabled %v", native["enabled"])
	}
	return nil
}

// remove deletes the canary, and makes sure that it is gone. If its id is not known because the
// answer to its create was lost, it is found by its name.
func (r *run) remove(ctx context.Context) error {
	if r.id == "" {
		return r.removeNamed(ctx, r.name)
	}
	if _, err := r.want(ctx, http.MethodDelete, r.path(), nil, http.StatusNoContent, http.StatusNotFound); err != nil {
		return err
	}
	if _, err := r.want(ctx, http.MethodGet, r.path(), nil, http.StatusNotFound); err != nil {
		return err
	}
	if status, _, err := r.Native(ctx, r.id); err != nil || status == http.StatusOK {
		return fmt.Errorf("Keycloak still has the user %s: %d %w", r.id, status, err)
	}
	return r.Gate.Gone(ctx)
}

// removeNamed deletes the canary with a userName, if there is one.
func (r *run) removeNamed(ctx context.Context, name string) error {
	found, err := r.want(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", name)), nil, http.StatusOK)
	if err != nil {
		return err
	}
	list, _ := found["Resources"].([]any)
	for _, one := range list {
		u, _ := one.(object)
		id, _ := u["id"].(string)
		if shown, _ := u["userName"].(string); !strings.EqualFold(shown, name) {
			continue
		}
		if _, err := r.want(ctx, http.MethodDelete, "/Users/"+url.PathEscape(id), nil, http.StatusNoContent, http.StatusNotFound); err != nil {
			return err
		}
	}
	return r.Gate.Gone(ctx)
}
