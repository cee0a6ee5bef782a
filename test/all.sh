#!/usr/bin/env bash
# Runs all tests for `make test`, which starts Keycloak and builds bin/progress. They are six jobs
# that run at the same time, because many of them wait: for a lock, a time-out, a start of Keycloak.
# The tests of ./test take longer than all others together, so they are two of the jobs. The corpora
# send one request after the other: they run without the race detector. Fails if a job fails.
set -uo pipefail
cd "$(dirname "$0")/.."
progress=$PWD/bin/progress
plain=(go test -json -count=1 -timeout 60m)
race=("${plain[@]}" -race)

jobs=()
job() { # job DIR COMMAND...
	(cd "$1" && "${@:2}" | "$progress") &
	jobs+=($!)
}
others=$(go list ./... | grep -v '/test$') || exit 1
job . "${plain[@]}" -run '^TestCorpus' ./test
job . "${race[@]}" -skip '^TestCorpus' ./test
commands='^keycloak-scim-proxy/(adapters|cmd|config|onboarding)(/|$)'
# shellcheck disable=SC2046 # lists of packages
job . "${race[@]}" -p 1 $(grep -E "$commands" <<<"$others")
# shellcheck disable=SC2046
job . "${race[@]}" -p 1 $(grep -v -E "$commands|/test/(security|soak|browser)$" <<<"$others")
job . "${race[@]}" -p 1 ./test/soak ./test/security ./test/browser
job deploy go test -json -count=1 -timeout 60m -p 1 ./...

failed=0
for j in "${jobs[@]}"; do
	wait "$j" || failed=1
done
exit $failed
