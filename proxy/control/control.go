// Package control lets commands use a proxy that has an embedded store open, which no other process
// can open: they send their operations to it. With any other store a command carries its operations
// out itself.
//
//	Server  the proxy's side: a port of the loopback interface         (server.go)
//	Do      the command's side: here, or by the proxy that runs        (client.go)
//
// The address and a random token are in a file beside the store, which only its owner can read. So
// the users that may read the store may control the proxy, and no others.
package control

import (
	"context"
	"encoding/json"
)

// Operation is what a command wants done. It sends its results, one after the other.
type Operation func(ctx context.Context, arguments json.RawMessage, send func(result any) error) error

// Operations are known by their names.
type Operations map[string]Operation

// Of makes an operation of a function with typed arguments.
func Of[A any](do func(ctx context.Context, arguments A, send func(result any) error) error) Operation {
	return func(ctx context.Context, raw json.RawMessage, send func(any) error) error {
		var arguments A
		if err := json.Unmarshal(raw, &arguments); err != nil {
			return err
		}
		return do(ctx, arguments, send)
	}
}

// FileOf is the file with the address of the proxy that has a store file open.
func FileOf(storeFile string) string { return storeFile + ".control" }

// address is the content of the file.
type address struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// line is a line of an answer: a result, or the error at the end. The last line has neither.
type line struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
	End    bool            `json:"end,omitempty"`
}
