package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store"
)

// store says whether the store is the right one and takes a write, and whether it can lose records.
func (d *doctor) store(ctx context.Context) []report.Finding {
	f := &findings{report.Section{Subject: "store"}}
	s := d.Config.Store
	found, err := storage.Inspect(ctx, s)
	switch {
	case err == nil && found.Stamp == "":
		f.OK("store", "it is new, and gets a stamp when the proxy first uses it")
	case err == nil:
		f.OK("store", "it takes writes; its stamp is %s", found.Stamp)
	case errors.Is(err, storage.ErrInUse):
		d.askRunning(ctx, f, err)
	default:
		f.Add("store", report.Problem, text(err), storeRemedy(err))
	}
	if s.Embedded != nil {
		d.embeddedFile(f, s.Embedded.Path)
	}
	if s.Redis != nil {
		f.redis(found)
	}
	if err == nil && found.Stamp != "" && s.ExpectStamp == "" {
		f.Add("stamp", report.Warning, "store.expectStamp is not set, so a store that was lost or exchanged while no proxy ran may be accepted", "set store.expectStamp to "+found.Stamp)
	}
	return f.All
}

// text leaves out the lines that errors.Join adds.
func text(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

func storeRemedy(err error) string {
	said := err.Error()
	switch {
	case errors.Is(err, store.ErrKeys), errors.Is(err, store.ErrLost):
		return "do what the text says (docs/operations.md, Encryption and Lost stores)"
	case errors.Is(err, store.ErrSchema):
		return "use the release that the text names (docs/upgrading.md)"
	case errors.Is(err, storage.ErrPassword):
		return "correct store.redis.username and the password in the file or variable that store.redis names"
	case errors.Is(err, store.ErrUnreadable):
		return "restore the file from a backup while no proxy runs"
	case strings.Contains(said, "READONLY"):
		return "name the address of the primary in store.redis.addresses, not that of a replica"
	case strings.Contains(said, "OOM"):
		return "give Redis more memory (maxmemory): it is full, so every write is 503"
	case strings.Contains(said, "NOPERM"):
		return "give the user of store.redis all commands on the keys with store.redis.prefix (ACL SETUSER)"
	case strings.Contains(said, "x509:"):
		return "name the certificate of the authority in store.redis.tls.caFile, and the host of the certificate in store.redis.tls.serverName"
	case strings.Contains(said, "MISCONF"):
		return "Redis cannot save its snapshots: look at its log and at its disk"
	}
	return "start the store, or correct its address or path; store.redis.tls must be set exactly if Redis speaks TLS"
}

// askRunning asks the proxy that has the embedded file open.
func (d *doctor) askRunning(ctx context.Context, f *findings, locked error) {
	admin := cli.AdminURL(d.Config)
	if admin == "" {
		f.Skip("store", "%s, and adminListen is off, so that the proxy cannot be asked", text(locked))
		return
	}
	a, err := d.ask(ctx, admin+"/readyz")
	switch {
	case err != nil:
		f.Add("store", report.Problem, fmt.Sprintf("%s, and no proxy answers at %s", text(locked), admin), "end the process that has the file open, or correct adminListen to that of the running proxy")
	case a.StatusCode/100 == 2:
		stamp, _, _ := strings.Cut(string(a.body), "\n")
		f.OK("store", "a proxy that runs has it open and is ready: %s", stamp)
	default:
		f.Add("store", report.Problem, fmt.Sprintf("the proxy that runs is not ready: %s", strings.TrimSpace(string(a.body))), "do what the text says (docs/operations.md, The store)")
	}
}

// redis reports what can make Redis forget records.
func (f *findings) redis(found storage.Inspection) {
	if found.Hidden != nil {
		if !errors.Is(found.Hidden, storage.ErrPassword) {
			f.Skip("redis", "Redis does not show its settings: %v", found.Hidden)
		}
		return
	}
	for _, n := range found.Nodes {
		if n.Replica {
			f.Add("redis", report.Problem, n.Address+" is a replica, which takes no writes", "name the address of the primary in store.redis.addresses")
		}
		if n.Policy != "noeviction" {
			status, when := report.Warning, "if maxmemory is set one day"
			if n.Limited {
				status, when = report.Problem, "when its memory is full"
			}
			f.Add("redis", status, fmt.Sprintf("%s removes records (maxmemory-policy %s) %s", n.Address, n.Policy, when), "set maxmemory-policy noeviction: with a lost record an identity provider creates a user again")
		}
		switch {
		case n.Log:
			f.OK("redis", "%s appends each write to a file", n.Address)
		case n.SnapshotsKnown && !n.Snapshots:
			f.Add("redis", report.Problem, n.Address+" saves nothing: a restart loses every record", "set appendonly yes")
		default:
			f.Add("redis", report.Warning, n.Address+" saves snapshots at best: a crash loses the last minutes", "set appendonly yes")
		}
	}
}
