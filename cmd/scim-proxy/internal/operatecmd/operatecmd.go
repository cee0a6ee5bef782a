// Package operatecmd carries out operations of a proxy for commands: in the process of the command,
// or by the proxy that has the embedded store open.
package operatecmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// InUse explains the error of a store that another process has open, which did not answer.
func InUse(err error, c config.Store) error {
	if errors.Is(err, embedded.ErrInUse) {
		return fmt.Errorf("another process has the embedded store open, and does not answer at %s: run the command as the user of the proxy: %w", control.FileOf(c.Embedded.Path), err)
	}
	return err
}

// Do carries out an operation, and calls result with each of its results.
func Do[R any](ctx context.Context, c *config.Config, operation string, arguments any, result func(R) error) error {
	decode := func(raw json.RawMessage) error {
		var r R
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		return result(r)
	}
	if err := control.Ask(ctx, c.Store, operation, arguments, decode); !errors.Is(err, control.ErrNone) {
		return err
	}
	p, err := proxy.New(*c, zap.NewNop()) //nolint:contextcheck // it closes what it has opened
	if err != nil {
		return InUse(err, c.Store)
	}
	return errors.Join(control.Call(ctx, p.Operations()[operation], arguments, decode), p.Close()) //nolint:contextcheck // also if the context has ended
}
