package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keycloak-scim-proxy/onboarding"
)

// demoMark is the attribute of a realm that the demo made.
const demoMark = "kscimDemo"

func (d *demo) login(ctx context.Context) (*onboarding.Admin, error) {
	return onboarding.Login(ctx, d.server.URL, d.server.AdminUser, d.server.AdminPassword)
}

// prepareRealm makes the realm, or takes one that exists: on the demo's own Keycloak, or one that
// the demo made, or one that the person at the terminal allows it to change. Its SCIM API is on
// then.
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
		return admin, d.makeRealm(ctx, admin)
	}
	for _, id := range []string{demoAccount, demoDropIn} {
		if err := admin.CheckAccount(ctx, d.realm, id); err != nil {
			return nil, err
		}
	}
	risks, err := admin.Risks(ctx, d.realm)
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
	if admin, err = d.login(ctx); err != nil { // looking and asking may have outlasted the first session
		return nil, err
	}
	return admin, admin.EnableSCIM(ctx, d.realm)
}

// makeRealm leaves no realm behind if the SCIM API cannot be switched on.
func (d *demo) makeRealm(ctx context.Context, admin *onboarding.Admin) error {
	if err := admin.CreateRealm(ctx, d.realm, map[string]string{demoMark: "made by scim-proxy demo"}); err != nil {
		return err
	}
	err := admin.EnableSCIM(ctx, d.realm)
	if err != nil {
		err = errors.Join(err, admin.DeleteRealm(context.WithoutCancel(ctx), d.realm))
	}
	return err
}

// changes are what the demo does to a realm that exists.
func (d *demo) changes(realm onboarding.Realm) string {
	var all []string
	if !realm.SCIM {
		all = append(all, "switch its SCIM API on")
	}
	all = append(all, fmt.Sprintf("make two clients that may manage all its users, %s and %s", demoAccount, demoDropIn))
	if d.optional {
		all = append(all, "make every attribute of its user profile but the username optional and unchecked (--remove does not undo that)")
	}
	return strings.Join(all, "; ")
}

// confirm asks before a realm of somebody else is changed.
func (d *demo) confirm(ctx context.Context, realm onboarding.Realm) error {
	what := fmt.Sprintf("realm %s exists at %s and was not made by the demo, which would %s", d.realm, d.server.URL, d.changes(realm))
	switch {
	case d.yes:
		return nil
	case !d.terminal:
		return usageError{errors.New(what + ": pass --yes to allow that, or --realm with the name of another realm")}
	}
	fmt.Fprintf(d.out, "%s.\nGo on? [y/N] ", what)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(d.in).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
	case line := <-answer:
		if line == "y" || line == "yes" {
			return nil
		}
	}
	return fmt.Errorf("realm %s was left as it is", d.realm)
}

// removeAll removes what the demo made on a server: the realm, or its clients in a realm that it
// did not make.
func (d *demo) removeAll(ctx context.Context) error {
	admin, err := d.login(ctx)
	if err != nil {
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
		removed, err := admin.RemoveAccount(ctx, d.realm, id)
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
	fmt.Fprintf(d.out, "left realm %s with its users, because the demo did not make it; its SCIM API stays %s\n", d.realm, state)
	return nil
}
