package meter

import (
	"context"
	"io"
)

// Reader takes factor bytes for each byte that is read beyond the first free ones. It takes as bytes come, so that a slow sender holds only
// what it has sent.
func Reader(ctx context.Context, r io.Reader, free, factor int) io.Reader {
	return &reader{ctx: ctx, next: r, free: free, factor: factor}
}

type reader struct {
	ctx          context.Context
	next         io.Reader
	free, factor int
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.next.Read(p)
	counted := max(n-r.free, 0)
	r.free = max(r.free-n, 0)
	if full := Take(r.ctx, counted*r.factor); full != nil {
		return n, full
	}
	return n, err
}
