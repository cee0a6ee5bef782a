package importer

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const barWidth = 30

// bar shows how far an import is.
type bar struct {
	out        io.Writer
	terminal   bool
	now        func() time.Time
	begun      time.Time
	first, all int
	drawn      bool
}

// draw is called after each answer: over what was drawn before on a terminal, else as a line.
func (b *bar) draw(settled, failed int) {
	rate := float64(settled-b.first) / max(b.now().Sub(b.begun).Seconds(), 0.001)
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
