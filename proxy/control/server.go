package control

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/clientip"
)

const (
	maxArguments = 1 << 20
	headerTime   = 5 * time.Second
)

// Server serves operations to commands on this machine.
type Server struct {
	file string
	http *http.Server
	on   net.Listener
}

// Open makes the server of an embedded store. Its address is written before Open returns. Any other
// store needs none: the server is nil.
func Open(ctx context.Context, c config.Store, o Operations) (*Server, error) {
	if c.Embedded == nil {
		return nil, nil //nolint:nilnil // Run does nothing then
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	at := address{URL: "http://" + l.Addr().String(), Token: rand.Text() + rand.Text()}
	s := &Server{file: FileOf(c.Embedded.Path), on: l, http: &http.Server{Handler: handler(at.Token, o), ReadHeaderTimeout: headerTime}}
	body, err := json.Marshal(at)
	if err == nil {
		err = replace(s.file, body)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("control: %w", err), l.Close())
	}
	return s, nil
}

// replace writes a file that only its owner can read, and replaces an old one as a whole.
func replace(file string, body []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Run serves until the context ends, and removes the file.
func (s *Server) Run(ctx context.Context) {
	if s == nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = s.http.Close() })
	defer stop()
	_ = s.http.Serve(s.on) // ends with the context
	_ = os.Remove(s.file)
}

func handler(token string, all Operations) http.Handler {
	want := "Bearer " + token
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Authorization")
		if clientip.OfPage(r) || clientip.Rebound(r) || subtle.ConstantTimeCompare([]byte(given), []byte(want)) != 1 {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		do, known := all[r.URL.Path[1:]]
		if !known || r.Method != http.MethodPost {
			http.Error(w, "the proxy that runs has no such operation: it is of another version", http.StatusNotFound)
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxArguments))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, flush := json.NewEncoder(w), http.NewResponseController(w)
		err = do(r.Context(), raw, func(result any) error {
			body, err := json.Marshal(result)
			if err != nil {
				return err
			}
			return errors.Join(out.Encode(line{Result: body}), flush.Flush())
		})
		last := line{End: true}
		if err != nil {
			last = line{Error: err.Error()}
		}
		_ = out.Encode(last) // a command that has gone needs no end
	})
}
