package test

import (
	"flag"
	"testing"

	"keycloak-scim-proxy/test/shim"
)

var switches = flag.String("rules", "all", "the rules of the shim: all, none, or names joined by commas")

// The contract, the conversations, and every shape that an identity provider sends pass on Keycloak
// as 26.8 is expected to be too.

func TestContractBehindTheShim(t *testing.T) { runContract(t, rules(t)...) }

func TestScriptsBehindTheShim(t *testing.T) { runScripts(t, rules(t)...) }

// TestCorpusBehindTheShim plays every third form, as TestCorpusOfAGroupTenant does.
func TestCorpusBehindTheShim(t *testing.T) { runCorpus(t, behind(t, rules(t)...)) }

func rules(t *testing.T) []shim.Rule {
	t.Helper()
	chosen, err := shim.Parse(*switches)
	if err != nil {
		t.Fatal(err)
	}
	return chosen
}
