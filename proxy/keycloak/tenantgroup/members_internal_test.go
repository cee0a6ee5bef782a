package tenantgroup

import (
	"fmt"
	"testing"
)

// A walk either visits every user that is there all the time, or says that it may not have.
func TestWalkMissesNobody(t *testing.T) {
	for size := range 9 {
		for deleted := range size + 1 { // so many from the beginning on
			for page := range 4 { // the page before which they are deleted
				var list []Member
				for i := range size {
					list = append(list, Member{ID: fmt.Sprint("u", i)})
				}
				stays := list[deleted:]
				pages, seen := 0, map[string]bool{}
				whole, err := eachOf(3, func(first, n int) ([]Member, error) {
					if pages == page {
						list = stays
					}
					pages++
					return list[min(first, len(list)):min(first+n, len(list))], nil
				}, func(m Member) error { seen[m.ID] = true; return nil })
				if err != nil || !whole && deleted == 0 {
					t.Errorf("%d users, %d deleted: whole %t, %v", size, deleted, whole, err)
				}
				for _, m := range stays {
					if whole && !seen[m.ID] {
						t.Errorf("%d users, %d deleted before page %d: %s is missing", size, deleted, page, m.ID)
					}
				}
			}
		}
	}
}
