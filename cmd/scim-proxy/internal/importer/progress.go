package importer

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const barWidth = 30

// bar shows how many rows of an import are settled.
type bar struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	started  time.Time
	// first is the number of rows that an earlier run settled, all the number of rows in the file.
	first, all int
	drawn      bool
}

// draw is called after each answer. On a terminal it draws over the previous bar; otherwise it
// prints a line.
func (b *bar) draw(settled, failed int) {
	rate := float64(settled-b.first) / max(b.now().Sub(b.started).Seconds(), 0.001)
	text := fmt.Sprintf("%d/%d rows, %d failed, %.0f/s", settled, b.all, failed, rate)
	if !b.terminal {
		fmt.Fprintln(b.out, text)
		return
	}
	filled := barWidth * settled / max(b.all, 1)
	fmt.Fprintf(b.out, "\r[%s%s] %s\x1b[K", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), text)
	b.drawn = true
}

func (b *bar) end() {
	if b.drawn {
		fmt.Fprintln(b.out)
	}
}
