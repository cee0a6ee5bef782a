package observe_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/observe"
)

// A request cannot make its log line long.
func TestLineIsBounded(t *testing.T) {
	long := strings.Repeat("é", 10_000)
	var skipped []string
	for i := range 5000 {
		skipped = append(skipped, fmt.Sprint(i)+long[:i%200*2])
	}
	core, lines := observer.New(zap.DebugLevel)
	observe.NewLog(zap.New(core)).Observe(observe.Summary{
		RequestID: "r", Tenant: long, Method: long, Path: "/" + long, Skipped: skipped, ScimType: long, Cause: errors.New(long), Rules: []string{"a"},
	}, 0)
	fields := lines.All()[0].ContextMap()
	for key, most := range map[string]int{"tenant": 64, "method": 64, "path": 512, "scimType": 64, "cause": 512} {
		text, _ := fields[key].(string)
		if n := utf8.RuneCountInString(text); n != most || !strings.HasSuffix(text, "…") || !utf8.ValidString(text) {
			t.Errorf("%s has %d characters, want %d: %.40q", key, n, most, text)
		}
	}
	shown, _ := fields["unknownMembersSkipped"].([]any)
	if len(shown) != 20 || fields["unknownMembers"] != int64(5000) {
		t.Errorf("%d members of %v", len(shown), fields["unknownMembers"])
	}
	for _, id := range shown {
		if n := utf8.RuneCountInString(fmt.Sprint(id)); n > 64 {
			t.Errorf("an id of %d characters", n)
		}
	}
	ctx, record := observe.With(t.Context())
	observe.SignedOut(ctx, 2, 0)
	observe.SignedOut(ctx, 1, 1)
	observe.NewLog(zap.New(core)).Observe(record.Summary(), 0)
	if got := lines.TakeAll()[1].ContextMap(); got["sessionsEnded"] != int64(3) || got["consentsEnded"] != int64(1) {
		t.Errorf("%v", got)
	}
	observe.NewLog(zap.New(core)).Observe(observe.Summary{Method: "GET", Path: "/scim/v2/Users/1", Skipped: []string{"7"}}, 0)
	if got := lines.All()[0].ContextMap(); got["path"] != "/scim/v2/Users/1" || got["unknownMembers"] != int64(1) {
		t.Errorf("%v", got)
	}
}
