package page

import (
	"context"
	"fmt"
	"time"
)

// ReadTime bounds the reading of a part.
const ReadTime = 10 * time.Second

// Part is a part of a page that is read by itself: a value, or why there is none. The template
// "failure" shows Wrong.
type Part[T any] struct {
	Value T
	Wrong string
}

// Read reads a part, within ReadTime. A panic is an error of this part, because parts are read
// beside the goroutine of the request, where it would end the process.
func Read[T any](ctx context.Context, read func(context.Context) (T, error)) (p Part[T], err error) {
	ctx, cancel := context.WithTimeout(ctx, ReadTime)
	defer cancel()
	defer func() {
		if failed := recover(); failed != nil {
			err = fmt.Errorf("a fault of the console: %v", failed)
		}
		if err != nil {
			p.Wrong = "This cannot be shown: " + err.Error()
		}
	}()
	p.Value, err = read(ctx)
	return p, err
}
