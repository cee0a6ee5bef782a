package representation

import (
	"sync"
)

const (
	// trust is how many pages are not compared after one that was.
	trust = 50
	// mostDoubts is how many comparisons may show a difference.
	mostDoubts = 1
	// mostMissed is how many pages of a caller may lack a user, or fail.
	mostMissed = 3
	// mostRefused is how many callers are remembered. If there are more, all are forgotten.
	mostRefused = 1000
)

// Trust says whether the Admin REST API is asked, by what was observed. A page is read by both APIs
// from time to time. After the first difference the Admin REST API is not asked any more, and not
// for a caller who was refused. It is kept with the user profile of a realm and forgotten with it.
// It is safe for concurrent use.
type Trust struct {
	mu      sync.Mutex
	pages   int
	doubts  int // comparisons with a difference, one after the other
	differs bool
	refused map[string]int // by caller: pages that lacked a user or failed, or more than mostMissed
}

// Way is how a page is read.
type Way uint8

// The ways. Compare reads the page by the SCIM API, and by both APIs to compare them.
const (
	BySCIM Way = iota
	Compare
	ByAdmin
)

// Next returns how the next page of a caller is read.
func (t *Trust) Next(caller string) Way {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.differs || t.refused[caller] > mostMissed:
		return BySCIM
	case t.pages == 0:
		return Compare
	}
	t.pages--
	return ByAdmin
}

// Same records that a page was the same by both APIs.
func (t *Trust) Same() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages, t.doubts = trust, 0
}

// Differs records a difference. A user may have been changed between the reads, so it counts if the
// next comparison has one too. It reports whether that is so for the first time.
func (t *Trust) Differs() (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages = 0
	t.doubts++
	first = t.doubts > mostDoubts && !t.differs
	t.differs = t.differs || first
	return first
}

// Missed records that the Admin REST API did not show a caller all users of a page: a user may have
// been deleted meanwhile, or the API did not answer. Too many such pages are a refusal.
func (t *Trust) Missed(caller string) { t.refuse(caller, 1) }

// Refused records that Keycloak does not let the caller use the Admin REST API.
func (t *Trust) Refused(caller string) { t.refuse(caller, mostMissed+1) }

func (t *Trust) refuse(caller string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused == nil || len(t.refused) >= mostRefused {
		t.refused = map[string]int{}
	}
	t.refused[caller] += n
}
