package bulk

import "slices"

// circles returns the strongly connected components of a graph with the nodes 0 to n-1 (Tarjan). A
// node outside of all circles is a component by itself. Nodes are sorted, and components are sorted
// by their first nodes.
func circles(n int, edges func(int) []int) [][]int {
	t := tarjan{edges: edges, index: make([]int, n), low: make([]int, n), open: make([]bool, n)}
	for i := range n {
		if t.index[i] == 0 {
			t.visit(i)
		}
	}
	slices.SortFunc(t.found, func(a, b []int) int { return a[0] - b[0] })
	return t.found
}

type tarjan struct {
	edges      func(int) []int
	count      int
	index, low []int // count from 1; 0 means not visited
	open       []bool
	stack      []int
	found      [][]int
}

func (t *tarjan) visit(i int) {
	t.count++
	t.index[i], t.low[i] = t.count, t.count
	t.stack, t.open[i] = append(t.stack, i), true
	for _, j := range t.edges(i) {
		if t.index[j] == 0 {
			t.visit(j)
			t.low[i] = min(t.low[i], t.low[j])
		} else if t.open[j] {
			t.low[i] = min(t.low[i], t.index[j])
		}
	}
	if t.low[i] != t.index[i] {
		return
	}
	at := len(t.stack) - 1
	for t.stack[at] != i {
		at--
	}
	circle := slices.Sorted(slices.Values(t.stack[at:]))
	t.stack = t.stack[:at]
	for _, j := range circle {
		t.open[j] = false
	}
	t.found = append(t.found, circle)
}
