package doctor

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/transport"
)

const (
	// atOnce is how many groups of checks run at the same time.
	atOnce = 6
	// deadline bounds a group of checks, such as those of a tenant, of which each call may take
	// keycloak.timeout.
	deadline = time.Minute
	// quick bounds a question to a listener, or to an address that may be the right one.
	quick = 3 * time.Second
)

// Options say what to examine.
type Options struct {
	// Config is the configuration with the tenants to examine. It is valid.
	Config config.Config
	// Wrong are files of tenants that are not valid.
	Wrong []configfile.TenantFile
	// Login opens an administrator's session. Nil: what only an administrator can see is skipped.
	Login func(context.Context) (*onboarding.Admin, error)
	// Stored returns how many live tokens a tenant has in the store. It is asked if the file has
	// none. Nil: there are none.
	Stored func(ctx context.Context, tenant string) (live int, err error)
	// Now is the time.
	Now func() time.Time
}

// findings collects those of one subject.
type findings struct{ report.Section }

type doctor struct {
	Options
	client *keycloak.Client
	web    *http.Client // to Keycloak; it follows no redirect
	near   *http.Client // to the proxy's own listeners
	// reached is what the first check has found.
	reached reached
}

// Examine makes all checks. The error is one of the configuration: the certificates of keycloak
// cannot be read.
func Examine(ctx context.Context, o Options) (report.Report, error) {
	k := o.Config.Keycloak
	to, err := transport.New(k, time.Now)
	if err != nil {
		return report.Report{}, err
	}
	defer to.CloseIdleConnections()
	direct := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	d := &doctor{
		Options: o, client: keycloak.NewClient(k.URL, to, k.Timeout.Std(), k.MaxInFlight),
		web: &http.Client{Transport: to, CheckRedirect: direct}, near: &http.Client{CheckRedirect: direct},
	}
	groups := []func(context.Context) []report.Finding{d.files, d.listeners, d.store, d.clock, d.administrator}
	for _, t := range o.Config.Tenants {
		groups = append(groups, func(ctx context.Context) []report.Finding { return d.tenant(ctx, t) })
	}
	found := append(d.wrongFiles(), within(ctx, d.keycloak)...) // whether Keycloak answers decides which questions make sense
	outcomes := make([][]report.Finding, len(groups))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, check := range groups {
		g.Go(func() error {
			outcomes[i] = within(ctx, check)
			return nil
		})
	}
	_ = g.Wait() // a check has no error
	for _, some := range outcomes {
		found = append(found, some...)
	}
	return report.Of(found), nil
}

func within(ctx context.Context, check func(context.Context) []report.Finding) []report.Finding {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	return check(ctx)
}

// wrongFiles reports the files of tenants that serve refuses.
func (d *doctor) wrongFiles() (all []report.Finding) {
	for _, file := range d.Wrong {
		name := file.Tenant.Tenant
		if name == "" {
			name = file.Path
		}
		f := findings{report.Section{Subject: "tenant " + name}}
		for _, p := range file.Problems {
			f.Add("file", report.Problem, p.String(), "correct the file; scim-proxy config schema tenant prints what it may have")
		}
		all = append(all, f.All...)
	}
	return all
}

// realms returns the realms of the tenants, without duplicates, in their order.
func (d *doctor) realms() (names []string) {
	seen := map[string]bool{}
	for _, t := range d.Config.Tenants {
		if !seen[t.Realm] {
			names = append(names, t.Realm)
		}
		seen[t.Realm] = true
	}
	return names
}
