package democmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/adminroles"
	"keycloak-scim-proxy/proxy/transport"
)

// demoMark is the attribute that marks a realm as created by the demo.
const demoMark = "kscimDemo"

func (d *demo) login(ctx context.Context) (*onboarding.Admin, error) {
	to, err := transport.New(d.config().Keycloak, time.Now)
	if err != nil {
		return nil, err
	}
	return onboarding.Login(ctx, d.server.URL, onboarding.Administrator{User: d.server.AdminUser, Password: d.server.AdminPassword}, to)
}

// prepareRealm creates the realm, or uses an existing one, and enables its SCIM API. On a
// Keycloak that the demo did not start, it asks before it changes a realm that the demo did not
// create.
func (d *demo) prepareRealm(ctx context.Context) (*onboarding.Admin, error) {
	admin, err := d.login(ctx)
	if err != nil {
		return nil, err
	}
	realm, exists, err := admin.Realm(ctx, d.realm)
	if err != nil {
		return nil, err
	}
	if !exists {
		return admin, d.makeRealm(ctx, admin, d.realm)
	}
	for _, id := range []string{demoAccount, demoDropIn} {
		if _, err := admin.CheckAccount(ctx, d.account(id)); err != nil {
			return nil, err
		}
	}
	risks, err := adminroles.Risks(ctx, admin, d.realm)
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Concat(risks, realm.Limits()) {
		fmt.Fprintln(d.out, "warning:", r)
	}
	if d.server.Foreign() && realm.Attributes[demoMark] == "" {
		if err := d.confirm(ctx, realm); err != nil {
			return nil, err
		}
	}
	if err := admin.Renew(ctx); err != nil { // the answer may have taken long
		return nil, err
	}
	return admin, admin.EnableSCIM(ctx, d.realm)
}

// makeRealm creates the realm. It deletes the realm again if the SCIM API cannot be enabled.
func (d *demo) makeRealm(ctx context.Context, admin *onboarding.Admin, realm string) error {
	if err := admin.CreateRealm(ctx, realm, map[string]string{demoMark: "made by scim-proxy demo"}); err != nil {
		return err
	}
	err := admin.EnableSCIM(ctx, realm)
	if err != nil {
		err = errors.Join(err, admin.DeleteRealm(context.WithoutCancel(ctx), realm))
	}
	return err
}

// changes describes what the demo would change in an existing realm.
func (d *demo) changes(realm onboarding.Realm) string {
	var all []string
	if !realm.SCIM {
		all = append(all, "switch its SCIM API on")
	}
	all = append(all, fmt.Sprintf("create two clients that may manage all its users, %s and %s", demoAccount, demoDropIn))
	if d.optional {
		all = append(all, "make every attribute of its user profile except the username optional and unvalidated (--remove does not undo that)")
	}
	return strings.Join(all, "; ")
}

// confirm asks before the demo changes a realm that it did not create.
func (d *demo) confirm(ctx context.Context, realm onboarding.Realm) error {
	what := fmt.Sprintf("realm %s exists at %s and was not created by the demo, which would %s", d.realm, d.server.URL, d.changes(realm))
	switch {
	case d.yes:
		return nil
	case !d.terminal:
		return cli.UsageError{Err: errors.New(what + ": pass --yes to allow that, or name another realm with --realm")}
	}
	if cli.Confirm(ctx, d.in, d.out, what+".") {
		return nil
	}
	return fmt.Errorf("realm %s was not changed: pass --yes to allow that, or name another realm with --realm", d.realm)
}

// removeAll removes everything that the demo created on a server: the realm, or only its clients
// if it did not create the realm.
func (d *demo) removeAll(ctx context.Context) error {
	admin, err := d.login(ctx)
	if err != nil {
		return err
	}
	if err := d.removeSaaS(ctx, admin); err != nil {
		return err
	}
	realm, exists, err := admin.Realm(ctx, d.realm)
	switch {
	case err != nil:
		return err
	case !exists:
		fmt.Fprintf(d.out, "realm %s does not exist at %s\n", d.realm, d.server.URL)
		return nil
	case realm.Attributes[demoMark] != "":
		if err := admin.DeleteRealm(ctx, d.realm); err != nil {
			return err
		}
		fmt.Fprintf(d.out, "removed realm %s with everything in it\n", d.realm)
		return nil
	}
	for _, id := range []string{demoAccount, demoDropIn} {
		removed, err := admin.RemoveAccount(ctx, d.account(id))
		switch {
		case err != nil:
			return fmt.Errorf("client %s: %w", id, err)
		case removed:
			fmt.Fprintf(d.out, "removed client %s\n", id)
		default:
			fmt.Fprintf(d.out, "client %s: there is none that this program made\n", id)
		}
	}
	state := "off"
	if realm.SCIM {
		state = "on"
	}
	fmt.Fprintf(d.out, "left realm %s with its users, because the demo did not create it; its SCIM API stays %s\n", d.realm, state)
	return nil
}
