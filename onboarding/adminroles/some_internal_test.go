package adminroles

import "testing"

func TestManyHoldersAreCut(t *testing.T) {
	if got := some([]string{"a", "b", "c", "d", "e", "f"}); got != "a, b, c, d, e and others" {
		t.Error(got)
	}
}
