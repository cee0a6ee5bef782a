package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"keycloak-scim-proxy/config"
)

// ErrNone means that no proxy runs that has the store file open and can be reached.
var ErrNone = errors.New("no proxy answers for the store")

// Ask lets the proxy that has an embedded store open carry out an operation. result is called with
// each result. It fails with ErrNone if there is no such proxy: a store that is not embedded needs
// none.
func Ask(ctx context.Context, c config.Store, operation string, arguments any, result func(json.RawMessage) error) error {
	if c.Embedded == nil {
		return ErrNone
	}
	at, err := find(c.Embedded.Path)
	if err != nil {
		return err
	}
	body, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, at.URL+"/"+operation, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+at.Token)
	client := http.Client{Transport: &http.Transport{Proxy: nil}}
	a, err := client.Do(q)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNone, err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(a.Body, 1<<10))
		return fmt.Errorf("%w: %s %s", ErrNone, a.Status, strings.TrimSpace(string(text)))
	}
	return lines(json.NewDecoder(a.Body), result)
}

func find(storeFile string) (address, error) {
	var at address
	raw, err := os.ReadFile(FileOf(storeFile))
	if err == nil {
		err = json.Unmarshal(raw, &at)
	}
	if err != nil {
		return at, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return at, nil
}

func lines(from *json.Decoder, result func(json.RawMessage) error) error {
	for {
		var one line
		if err := from.Decode(&one); err != nil {
			return fmt.Errorf("the proxy ended in the middle of the answer: %w", err)
		}
		switch {
		case one.Error != "":
			return errors.New(one.Error)
		case one.End:
			return nil
		}
		if err := result(one.Result); err != nil {
			return err
		}
	}
}

// Call carries an operation out in this process. Its results have the same form as those of Ask.
func Call(ctx context.Context, do Operation, arguments any, result func(json.RawMessage) error) error {
	raw, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	return do(ctx, raw, func(one any) error {
		body, err := json.Marshal(one)
		if err != nil {
			return err
		}
		return result(body)
	})
}
