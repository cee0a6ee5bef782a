package storecmd

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// Env is what the commands need besides their arguments.
type Env struct {
	// Known reports whether a dialect exists.
	Known configfile.Idps
	// Now is the time.
	Now func() time.Time
}

// Command is `store`.
func (e Env) Command() *cobra.Command {
	c := &cobra.Command{Use: "store", Short: "Work with the store"}
	c.AddCommand(e.backup(), e.restore(), e.check(), e.reseal())
	return c
}

// InUse adds to an error of a locked embedded store that the proxy must be stopped first.
func InUse(err error, what string) error {
	if errors.Is(err, embedded.ErrInUse) {
		return fmt.Errorf("stop the proxy before %s, because only one process can open the embedded store: %w", what, err)
	}
	return err
}
