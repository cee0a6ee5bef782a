package meter

import (
	"context"
	"io"
)

// Reader takes the bytes that it reads, as they arrive, so that a slow sender holds only the bytes
// that it has sent.
func Reader(ctx context.Context, r io.Reader) io.Reader { return &reader{ctx, r} }

type reader struct {
	ctx  context.Context
	next io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.next.Read(p)
	if full := Take(r.ctx, n); full != nil {
		return n, full
	}
	return n, err
}
