package eventscmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/events/outbox"
)

// Store is a store that is open.
type Store interface {
	outbox.Engine
	Close() error
}

// Env is what the commands need besides their arguments.
type Env struct {
	// Known reports whether a dialect exists.
	Known configfile.Idps
	// Open opens a store.
	Open func(ctx context.Context, s config.Store) (Store, error)
	Now  func() time.Time
}

// Command is `events`.
func (e Env) Command() *cobra.Command {
	c := &cobra.Command{Use: "events", Short: "Events that receivers have not got (docs/events.md)"}
	c.AddCommand(
		e.letters("list", "List events that wait for their receivers, oldest first", false),
		e.letters("dead", "List events that could not be delivered, with the cause; the exit code is 1 if there are any", true), e.retry())
	return c
}

// flags of all commands.
type flags struct{ file, receiver, output string }

func (f *flags) add(c *cobra.Command) {
	cli.ConfigFlag(c, &f.file)
	c.Flags().StringVar(&f.receiver, "receiver", "", "only this receiver; without it all that are configured")
	cli.OutputFlag(c, &f.output, "text", "json")
}

// ask carries out a request for the receivers that are meant: by the proxy that has an embedded
// store open, or else in the configured store.
func (e Env) ask(ctx context.Context, f flags, q outbox.Request) (all []outbox.Result, err error) {
	file, cfg, err := cli.Load(f.file, e.Known)
	if err != nil {
		return nil, err
	}
	if cfg.Events != nil {
		for _, r := range cfg.Events.Receivers {
			q.Receivers = append(q.Receivers, r.Name)
		}
	}
	switch {
	case f.receiver == "":
	case !slices.Contains(q.Receivers, f.receiver):
		return nil, cli.Usage("--receiver: there is no receiver %q in %s", f.receiver, file)
	default:
		q.Receivers = []string{f.receiver}
	}
	err = control.Ask(ctx, cfg.Store, "events", q, func(raw json.RawMessage) error { return json.Unmarshal(raw, &all) })
	if !errors.Is(err, control.ErrNone) {
		return all, err
	}
	s, err := e.Open(ctx, cfg.Store)
	if err != nil {
		return nil, err
	}
	all, err = outbox.Do(ctx, s, e.Now, q)
	return all, errors.Join(err, s.Close())
}

// receiverLetters is what `events list` and `events dead` print as JSON for each receiver, which
// docs/commands.md documents.
type receiverLetters struct {
	Receiver string          `json:"receiver"`
	Count    int             `json:"count"`
	Events   []outbox.Letter `json:"events"`
}

func (e Env) letters(name, short string, dead bool) *cobra.Command {
	var f flags
	var most int
	c := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		Example: "  scim-proxy events " + name + " --config config.yaml --receiver siem",
		Long:    short + ".\nThe command asks the proxy that has an embedded store open, and otherwise reads the store itself.",
		RunE: func(c *cobra.Command, _ []string) error {
			if most < 1 {
				return cli.Usage("--limit must be more than 0")
			}
			all, total := []receiverLetters{}, 0
			action := outbox.ActionList
			if dead {
				action = outbox.ActionDead
			}
			found, err := e.ask(c.Context(), f, outbox.Request{Action: action, Most: most})
			if err != nil {
				return err
			}
			for _, r := range found {
				total += r.Count
				all = append(all, receiverLetters{r.Receiver, r.Count, append([]outbox.Letter{}, r.Letters...)})
			}
			if f.output == "json" {
				err = cli.WriteJSON(c.OutOrStdout(), all)
			} else {
				err = table(c.OutOrStdout(), all)
			}
			if err == nil && dead && total > 0 {
				return fmt.Errorf("%d events could not be delivered: mend the cause, then `scim-proxy events retry`", total)
			}
			return err
		},
	}
	f.add(c)
	c.Flags().IntVar(&most, "limit", 100, "how many events of each receiver are listed")
	return c
}

func table(out io.Writer, all []receiverLetters) error {
	for _, r := range all {
		fmt.Fprintf(out, "receiver %s: %d events\n", r.Receiver, r.Count)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, l := range r.Events {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s %s\t%s\n", l.Time.Format(time.RFC3339), l.ID, l.Tenant, l.Verb, l.Type, l.Target, l.Cause)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if more := r.Count - len(r.Events); more > 0 {
			fmt.Fprintf(out, "  %d more: --limit\n", more)
		}
	}
	return nil
}

// retried is what `events retry --output json` prints, which docs/commands.md documents.
type retried struct {
	Receiver string `json:"receiver"`
	Events   int    `json:"events"`
}

func (e Env) retry() *cobra.Command {
	var f flags
	var id string
	var every bool
	c := &cobra.Command{
		Use: "retry", Short: "Put events that could not be delivered back into the outbox", Args: cobra.NoArgs,
		Example: "  scim-proxy events retry --config config.yaml --receiver siem --all",
		Long: "Puts one event of a receiver, or all of them, back into its outbox. The proxy delivers them within a minute, before newer ones, with the\n" +
			"same ids. The command asks the proxy that has an embedded store open, and otherwise works with the store itself.",
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case f.receiver == "":
				return cli.Usage("--receiver is required")
			case (id == "") != every:
				return cli.Usage("give --id of an event (scim-proxy events dead), or --all")
			}
			found, err := e.ask(c.Context(), f, outbox.Request{Action: outbox.ActionRetry, ID: id})
			if err != nil {
				return err
			}
			done := retried{f.receiver, found[0].Count}
			if f.output == "json" {
				return cli.WriteJSON(c.OutOrStdout(), done)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "receiver %s: %d events are sent again\n", done.Receiver, done.Events)
			return err
		},
	}
	f.add(c)
	c.Flags().StringVar(&id, "id", "", "the id of one event")
	c.Flags().BoolVar(&every, "all", false, "all events of the receiver that could not be delivered")
	return c
}
