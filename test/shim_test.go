package test

import (
	"testing"

	"keycloak-scim-proxy/test/shim"
)

// What passes on Keycloak as it is passes as Keycloak 26.8 is expected to be: the contract, the
// conversations, and every shape that an identity provider sends.

func TestContractBehindTheShim(t *testing.T) { runContract(t, shim.All()...) }

func TestScriptsBehindTheShim(t *testing.T) { runScripts(t, shim.All()...) }

func TestCorpusBehindTheShim(t *testing.T) { runCorpus(t, shim.All()...) }
