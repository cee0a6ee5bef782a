package redis_test

import (
	"os"
	"strings"
	"testing"
)

// The ACL that operators copy is the one that the tests use.
func TestThePageHasTheDocumentedRules(t *testing.T) {
	page, err := os.ReadFile("../../../docs/stores.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "ACL SETUSER scim on >password "+documentedRules(t)+"\n") {
		t.Error("docs/stores.md has other rules than the package documentation")
	}
}
