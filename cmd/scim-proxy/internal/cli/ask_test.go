package cli_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
)

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, " YES \r\n": true, "n\n": false, "\n": false, "": false, "y": true, "why\n": false} {
		var out strings.Builder
		if got := cli.Confirm(t.Context(), strings.NewReader(answer), &out, "This deletes all."); got != want || out.String() != "This deletes all.\nGo on? [y/N] " {
			t.Errorf("%q: %v\n%s", answer, got, out.String())
		}
	}
}

// A question without an answer ends with the context.
func TestConfirmEnds(t *testing.T) {
	in, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if cli.Confirm(ctx, in, io.Discard, "This deletes all.") {
		t.Error("it went on")
	}
}

// The null device is a character device, but not a terminal.
func TestTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if cli.Terminal(null) != nil || cli.Terminal(strings.NewReader("y\n")) != nil {
		t.Error("the null device or a text is taken for a terminal")
	}
}
