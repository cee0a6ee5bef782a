package page

import (
	"fmt"
	"strings"
)

// Chart is a small chart of stacked bars. The template "chart" shows it as SVG with a caption, a
// legend, and the numbers as a table.
type Chart struct {
	// ID is unique on the page: letters, digits and hyphens.
	ID, Title string
	// Kinds are the parts of each bar, from the bottom up.
	Kinds []Kind
	Bars  []Bar
	// Unit is what is counted, such as Requests.
	Unit string
}

// Kind is one of the parts of bars. Class is its colour in the style sheet: ok, warn, bad or plain.
type Kind struct{ Name, Class string }

// Bar is one bar, with a value for each kind. A missing value is 0.
type Bar struct {
	Label  string
	Values []int
}

// The chart in units of the SVG.
const (
	chartHeight = 60
	barWidth    = 10
	barGap      = 3
)

// Box is a rectangle of the SVG.
type Box struct {
	X, Y, Width, Height int
	Class, Says         string
}

// Boxes are the rectangles of the bars. A value that is not 0 can be seen.
func (c Chart) Boxes() (all []Box) {
	highest := 1
	for _, b := range c.Bars {
		highest = max(highest, b.Total())
	}
	for i, b := range c.Bars {
		top := chartHeight
		for j, k := range c.Kinds {
			n := b.value(j)
			if n == 0 {
				continue
			}
			h := max(1, n*chartHeight/highest)
			top -= h
			all = append(all, Box{i * (barWidth + barGap), max(top, 0), barWidth, h, k.Class, fmt.Sprintf("%s: %s %s", b.Label, Number(n), k.Name)})
		}
	}
	return all
}

// Width and Height are those of the SVG.
func (c Chart) Width() int { return max(1, len(c.Bars)) * (barWidth + barGap) }

// Height is that of the SVG.
func (Chart) Height() int { return chartHeight }

// Total is the sum of the values.
func (b Bar) Total() (n int) {
	for _, v := range b.Values {
		n += max(v, 0)
	}
	return n
}

func (b Bar) value(i int) int {
	if i >= len(b.Values) {
		return 0
	}
	return max(b.Values[i], 0)
}

// Row are the values of the bar, one for each kind, for the table.
func (c Chart) Row(b Bar) (out []int) {
	for i := range c.Kinds {
		out = append(out, b.value(i))
	}
	return out
}

// Summary says in a sentence what the chart shows.
func (c Chart) Summary() string {
	sums := make([]int, len(c.Kinds))
	for _, b := range c.Bars {
		for i := range c.Kinds {
			sums[i] += b.value(i)
		}
	}
	var parts []string
	for i, k := range c.Kinds {
		parts = append(parts, Number(sums[i])+" "+k.Name)
	}
	if len(c.Bars) == 0 {
		return c.Unit + ": none."
	}
	return fmt.Sprintf("%s, from %s to %s: %s.", c.Unit, c.Bars[0].Label, c.Bars[len(c.Bars)-1].Label, strings.Join(parts, ", "))
}
