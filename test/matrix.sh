#!/usr/bin/env bash
# Plays the same conversations with each store, on each release of Keycloak, for tenants of a whole
# realm and of one group, and behind the shim with every rule of 26.8. Prints a line for each
# combination; the output of the tests is in bin/matrix. Fails if one of them fails.
# docs/proof.md has the results.
set -euo pipefail
cd "$(dirname "$0")/.."
releases=${RELEASES:-26.7.0 26.7.3}
stores=${STORES:-embedded redis cluster sentinel}
mkdir -p bin/matrix
unset KEYCLOAK_URL # the release is that of the combination
go build -o bin/keycloak ./cmd/scim-proxy/internal/kcserver/keycloak

# tests_of RELEASE: a group tenant needs 26.7.3, and the shim stands before 26.7.3.
tests_of() {
	local names='TestScripts|TestStackContract|TestSimulate'
	[ "$1" = 26.7.0 ] || names+='|TestCorpusOfAGroupTenant|TestScriptsOfAGroupTenant|TestScriptsBehindTheShim|TestContractBehindTheShim|TestCorpusBehindTheShim'
	echo "^($names)\$"
}

# play RELEASE STORE
play() {
	local log=bin/matrix/$1-$2.log verdict=ok
	KEYCLOAK_VERSION=$1 ./bin/keycloak exec -- go test -v -count=1 -timeout 30m -run "$(tests_of "$1")" ./test -store "$2" -every >"$log" 2>&1 || verdict=FAIL
	printf '%-7s %-9s %-5s' "$1" "$2" "$verdict"
	awk '$1 == "---" && split($3, name, "/") == 2 {
			if (!all[name[1]]++) order[++n] = name[1]
			passed[name[1]] += $2 == "PASS:"
		}
		END { for (i = 1; i <= n; i++) printf "  %s %d/%d", order[i], passed[order[i]], all[order[i]]; print "" }' "$log"
	[ "$verdict" = ok ]
}

failed=0
for release in $releases; do
	for store in $stores; do
		play "$release" "$store" || failed=1
	done
done
exit $failed
