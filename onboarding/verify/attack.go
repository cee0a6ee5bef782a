package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/attacks"
)

// attack sends the attacks to decoys, and removes the decoys whatever happens.
func (p *Proof) attack(ctx context.Context) (err error) {
	d := &decoys{}
	defer func() {
		if failed := p.clear(ctx, d.all); failed != nil {
			err = errors.Join(err, fmt.Errorf("%w; what is left has a name that begins with %s, and the next run removes it", failed, p.run))
		}
	}()
	if d, err = p.create(ctx); err != nil {
		return err
	}
	before, err := p.snapshot(ctx, d)
	if err != nil {
		return err
	}
	works, err := p.control(ctx, d)
	if err != nil {
		return err
	}
	if err := p.sight(ctx); err != nil {
		return err
	}
	if !works {
		p.report.skip("attacks", "the account reaches nothing, so that a refusal would prove nothing")
		return nil
	}
	if err := p.charge(ctx, d); err != nil {
		return err
	}
	return p.compare(ctx, d, before)
}

// charge sends the attacks. While there is a red finding, it sends those only that change nothing.
func (p *Proof) charge(ctx context.Context, d *decoys) error {
	all := attacks.UpTo(attacks.ForeignHarm, attacks.All(d.own, d.foreign))
	harmless := all
	if p.report.has(Red) {
		harmless = attacks.UpTo(attacks.Nothing, all)
	}
	p.report.Attacks.NotSent = len(all) - len(harmless)
	succeeded, err := attacks.Run(harmless, func(a attacks.Attack) (int, error) {
		if err := p.admin.Renew(ctx); err != nil {
			return 0, err
		}
		status, _, err := p.send(ctx, Request{a.API, a.Method, a.Path, a.Body})
		if err == nil {
			p.report.Attacks.Tried++
		}
		return status, err
	})
	p.report.Attacks.Refused = p.report.Attacks.Tried - len(succeeded)
	var f []Finding
	for _, s := range succeeded {
		f = append(f, red("%s", s))
	}
	if len(f) > 0 {
		f[0].ToDo = "look for a permission, a role or a policy that allows this"
	}
	p.report.step("attacks", fmt.Sprintf("%d of %d attacks by the SCIM and the Admin REST API were refused", p.report.Attacks.Refused, p.report.Attacks.Tried), f...)
	return err
}

// control proves that the account works: otherwise everything would be refused anyway.
func (p *Proof) control(ctx context.Context, d *decoys) (works bool, err error) {
	var f []Finding
	for _, q := range []Request{
		{attacks.Admin, http.MethodGet, "/groups/" + d.own.Group, ""},
		{attacks.Admin, http.MethodGet, "/users/" + d.own.User, ""},
		{attacks.SCIM, http.MethodGet, "/Users/" + d.own.User, ""},
	} {
		status, body, err := p.send(ctx, q)
		if err != nil {
			return false, err
		}
		if status != http.StatusOK {
			f = append(f, red("GET %s by the %s API, which the account may do, was answered %d %.200s", q.Path, q.API, status, body))
		}
	}
	if len(f) > 0 {
		f[0].ToDo = "look for another permission that reaches these objects, such as one on all users: Keycloak asks all permissions on an object to agree"
	}
	p.report.step("own", "the account reaches its own group and users", f...)
	return len(f) == 0, nil
}

// snapshot is what an administrator sees of the decoys.
func (p *Proof) snapshot(ctx context.Context, d *decoys) (map[string]string, error) {
	seen := map[string]string{}
	for _, one := range d.all {
		if err := p.admin.Renew(ctx); err != nil {
			return nil, err
		}
		for _, part := range append([]string{""}, one.kind.parts...) {
			path := []string{one.kind.byID, one.ID}
			if part != "" {
				path = append(path, part)
			}
			var doc any
			err := p.get(ctx, &doc, nil, path...)
			if status := onboarding.Status(err); status != 0 {
				doc = status
			} else if err != nil {
				return nil, fmt.Errorf("read the decoy %s: %w", one, err)
			}
			seen[one.String()+" "+part] = canonical(doc)
		}
	}
	return seen, nil
}

// canonical is a document with its lists sorted: Keycloak lists some in any order.
func canonical(doc any) string {
	switch v := doc.(type) {
	case map[string]any:
		var all []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, name+"="+canonical(v[name]))
		}
		return fmt.Sprintf("{%q}", all)
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, canonical(one))
		}
		slices.Sort(all)
		return fmt.Sprintf("[%q]", all)
	}
	b, _ := json.Marshal(doc) // a text, a number, a boolean or nothing
	return string(b)
}

// compare finds what the attacks changed and created.
func (p *Proof) compare(ctx context.Context, d *decoys, before map[string]string) error {
	after, err := p.snapshot(ctx, d)
	if err != nil {
		return err
	}
	var f []Finding
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if after[name] != before[name] {
			f = append(f, red("an attack changed the decoy %s", name))
		}
	}
	found, err := p.find(ctx, p.run)
	if err != nil {
		return err
	}
	for _, one := range found {
		if !slices.ContainsFunc(d.all, func(known decoy) bool { return known.ID == one.ID }) {
			f = append(f, red("an attack created the %s", one))
		}
	}
	p.report.step("decoys", "what was attacked is as it was, and nothing was created", f...)
	return nil
}
