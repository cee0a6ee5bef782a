package disk

import (
	"context"
	"errors"
	"io"
	"os"
)

// Write writes a file with mode 0600, under another name until it is complete. It replaces a file
// of that name, and ends with the context. After an error nothing is left.
func Write(ctx context.Context, path string, write func(io.Writer) error) (err error) {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(ending{ctx, f})
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(part))
	}
	return err
}

// ending is a writer that ends with a context.
type ending struct {
	ctx context.Context
	to  io.Writer
}

func (w ending) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.to.Write(b)
}
