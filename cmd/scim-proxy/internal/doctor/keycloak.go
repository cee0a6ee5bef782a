package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/checkcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/tokens/claims"
)

const (
	// maxAnswer bounds the answers of documents, in bytes.
	maxAnswer = 1 << 20
	// unknownHost is asked for by the Host header, to see whether Keycloak follows it.
	unknownHost = "hostname-check.invalid"
)

// reached is what is known of Keycloak after the first check.
type reached struct {
	answers bool
	issuer  string // of the realm that was asked, or "" if it does not exist
}

// answer is that of any server.
type answer struct {
	*http.Response
	body []byte
}

// get asks with the transport to Keycloak. host replaces the Host header, unless it is "".
func (d *doctor) get(ctx context.Context, client *http.Client, target, host string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Config.Keycloak.Timeout.Std())
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return answer{}, err
	}
	q.Host = cmp.Or(host, q.Host)
	r, err := client.Do(q)
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	return answer{r, body}, err
}

// probed is the realm whose discovery document says whether a Keycloak answers. An ingress may hide
// the realm master.
func (d *doctor) probed() string {
	if names := d.realms(); len(names) > 0 {
		return names[0]
	}
	return "master"
}

func (d *doctor) discovery(base string) string {
	return base + "/realms/" + url.PathEscape(d.probed()) + "/.well-known/openid-configuration"
}

// isKeycloak reports whether an answer to the discovery URL is Keycloak's, and the issuer in it,
// "" if there is no such realm.
func isKeycloak(a answer) (issuer string, ok bool) {
	var doc struct{ Issuer string }
	if a.StatusCode == http.StatusOK && json.Unmarshal(a.body, &doc) == nil && doc.Issuer != "" {
		return doc.Issuer, true
	}
	return "", a.StatusCode >= http.StatusBadRequest && fault.OfToken(a.StatusCode, a.body) == fault.Realm
}

// keycloak says whether a Keycloak answers at keycloak.url, and if not, where it does.
func (d *doctor) keycloak(ctx context.Context) []report.Finding {
	f := &findings{report.Section{Subject: "keycloak"}}
	base := d.Config.Keycloak.URL
	a, err := d.get(ctx, d.web, d.discovery(base), "")
	if err != nil {
		d.unreachable(ctx, f, err)
		return f.All
	}
	issuer, ok := isKeycloak(a)
	switch {
	case ok:
		d.reached = reached{answers: true, issuer: issuer}
		f.OK("url", "Keycloak answers at %s", base)
	case a.StatusCode >= http.StatusInternalServerError:
		f.Add("url", report.Problem, fmt.Sprintf("%s answers %s", base, a.Status), "look at Keycloak's log and at the proxies in front of it: they reach no Keycloak that works")
	default:
		said := "answered " + a.Status
		if to := a.Header.Get("Location"); to != "" {
			said += ", a redirect to " + to
		}
		d.wrongURL(ctx, f, said, a.Header.Get("Location"))
	}
	if a.TLS != nil && ok {
		f.certificate("certificate of Keycloak", a.TLS.PeerCertificates[0], d.Now())
	}
	if issuer != "" {
		d.issuer(ctx, f)
	}
	return f.All
}

// unreachable reports an error of the connection.
func (d *doctor) unreachable(ctx context.Context, f *findings, err error) {
	if text, remedy := untrusted(err, "keycloak.caFile", "keycloak.url"); text != "" {
		f.Add("url", report.Problem, "the certificate of "+d.Config.Keycloak.URL+" is not accepted: "+text, remedy)
		return
	}
	if fault.OfConnection(err) != "" {
		d.wrongURL(ctx, f, err.Error(), "")
		return
	}
	remedy := "start Keycloak, or correct host and port of keycloak.url; if it runs, look for a firewall"
	if better := d.better(ctx, ""); better != "" {
		remedy = "set keycloak.url to " + better + ", where a Keycloak answers"
	}
	f.Add("url", report.Problem, fmt.Sprintf("no answer from %s: %v", d.Config.Keycloak.URL, err), remedy)
}

// wrongURL reports that no Keycloak answers, with the address at which one does.
func (d *doctor) wrongURL(ctx context.Context, f *findings, said, redirect string) {
	broken := &fault.Fault{Cause: fault.URL, At: fault.Place{URL: d.Config.Keycloak.URL}}
	remedy := broken.Remedy()
	if better := d.better(ctx, redirect); better != "" {
		remedy = "set keycloak.url to " + better + ", where a Keycloak answers"
	}
	f.Add("url", report.Problem, broken.Wrong()+": "+said, remedy)
}

// better looks for a Keycloak near the configured address: at the target of a redirect, with the
// other scheme, without the path, or below /auth. It returns "" if there is none.
func (d *doctor) better(ctx context.Context, redirect string) string {
	u, err := url.Parse(d.Config.Keycloak.URL)
	if err != nil {
		return ""
	}
	other := map[string]string{"http": "https", "https": "http"}[u.Scheme]
	here, there := u.Scheme+"://"+u.Host, other+"://"+u.Host
	all := []string{strings.TrimSuffix(redirect, strings.TrimPrefix(d.discovery(d.Config.Keycloak.URL), d.Config.Keycloak.URL))}
	for _, base := range []string{here, there} {
		all = append(all, base+u.Path, base, base+"/auth")
	}
	for _, base := range all {
		if base == "" || base == d.Config.Keycloak.URL {
			continue
		}
		if d.answersAt(ctx, base) {
			return base
		}
	}
	return ""
}

func (d *doctor) answersAt(ctx context.Context, base string) bool {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	a, err := d.get(ctx, d.web, d.discovery(base), "")
	if err != nil {
		return false
	}
	_, ok := isKeycloak(a)
	return ok
}

// issuer says whether Keycloak has a name of its own, or takes that of each request.
func (d *doctor) issuer(ctx context.Context, f *findings) {
	issuer := d.reached.issuer
	a, err := d.get(ctx, d.web, d.discovery(d.Config.Keycloak.URL), unknownHost)
	if err == nil {
		if other, ok := isKeycloak(a); ok && strings.Contains(other, unknownHost) {
			text := "Keycloak takes the issuer from the Host header of each request, so a token that was issued at another address is refused at this one"
			f.Add("issuer", report.Warning, text, "start Keycloak with a fixed --hostname")
			return
		}
	}
	note := ""
	if want := d.Config.Keycloak.URL + "/realms/" + url.PathEscape(d.probed()); issuer != want {
		note = ", which is not below keycloak.url; the audience of tokens must begin with it: " + issuer + "/scim/v2"
	}
	f.OK("issuer", "%s%s", issuer, note)
}

// Differences of the clocks. Keycloak accepts a signature that was made up to 15 s in its future
// (measured on 26.7.3); half of that is worth a warning.
const (
	clockRefused = 15 * time.Second
	clockSuspect = 8 * time.Second
)

// clock compares the time in a new token with that of this machine.
func (d *doctor) clock(ctx context.Context) []report.Finding {
	f := &findings{report.Section{Subject: "keycloak"}}
	for _, t := range d.Config.Tenants {
		if !d.reached.answers {
			break
		}
		before := d.Now()
		token, err := checkcmd.AccountOf(d.client, t).Token(ctx)
		after := d.Now()
		var said struct {
			IssuedAt int64 `json:"iat"`
		}
		if err != nil || claims.Read(token, &said) != nil || said.IssuedAt == 0 {
			continue
		}
		d.compared(f, time.Unix(said.IssuedAt, 0), before, after)
		return f.All
	}
	f.Skip("clock", "no account of a tenant got a token, whose time could be compared")
	return f.All
}

// compared reports how far a time of Keycloak, in whole seconds, is outside of the time of the
// request.
func (d *doctor) compared(f *findings, issued, before, after time.Time) {
	off := max(before.Sub(issued.Add(time.Second)), issued.Sub(after), 0).Round(time.Second)
	signs := slices.ContainsFunc(d.Config.Tenants, tenantSigns)
	status := report.Warning
	switch {
	case off < clockSuspect:
		f.OK("clock", "that of Keycloak and of this machine differ by less than %v", clockSuspect)
		return
	case off >= clockRefused && signs:
		status = report.Problem
	}
	f.Add("clock", status, fmt.Sprintf("the clocks of this machine and of Keycloak differ by about %v", off),
		(&fault.Fault{Cause: fault.Clock}).Remedy()+"; Keycloak refuses signatures of keyFile above "+clockRefused.String()+", and tokens end too early or too late")
}
