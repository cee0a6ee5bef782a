package tenantgroup

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A pool is low below 3 free groups, and below a tenth of all.
func TestState(t *testing.T) {
	for l, want := range map[Level]State{
		{0, 0}: Empty, {0, 50}: Empty, {1, 5}: Low, {2, 10}: Low, {3, 3}: Enough, {3, 30}: Enough, {3, 31}: Low, {4, 50}: Low, {5, 50}: Enough,
	} {
		if got := l.State(); got != want {
			t.Errorf("%+v is %q, want %q", l, got, want)
		}
	}
}

// Each change of the level is reported, and whether its state is news.
func TestLevelIsToldOnce(t *testing.T) {
	g := New("acme", nil, 0, time.Now)
	var told []string
	for range 2 {
		g.Watch(func(is Level, news bool) { told = append(told, fmt.Sprint(is.Free, news)) })
	}
	for _, free := range []int{9, 9, 8, 2, 2, 1, 0, 0, 5} {
		g.reached(levelOf(append(slices.Repeat([]Child{{Name: "~free-1"}}, free), Child{Name: "Sales"})))
	}
	want := []string{"9 true", "9 true", "8 false", "8 false", "2 true", "2 true", "1 false", "1 false", "0 true", "0 true", "5 true", "5 true"}
	if !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
}
