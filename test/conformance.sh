#!/usr/bin/env bash
# Runs scim2-tester through scim2-cli against the demo. It fails if an error is not in
# test/conformance.known, or if one in that file does not occur any more. The known errors are
# faults of the tool; docs/conformance.md explains each with its RFC section.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.tools/venv
if [ ! -x $venv/bin/scim2 ]; then
	python3 -m venv $venv
	$venv/bin/pip install -q scim2-cli==0.6.0 scim2-tester==0.5.2
fi
mkdir -p bin && go build -o bin/scim-proxy ./cmd/scim-proxy
dir=$(mktemp -d)
demo=
trap 'test -z "$demo" || kill -INT "$demo" 2>/dev/null; wait; rm -rf "$dir"' EXIT
./bin/scim-proxy demo --dir "$dir" --listen 127.0.0.1:18080 --optional-profile >"$dir/log" 2>&1 &
demo=$!
for _ in $(seq 300); do
	test -f "$dir/env" && break
	kill -0 $demo 2>/dev/null || { cat "$dir/log"; exit 1; }
	sleep 1
done
. "$dir/env"
SCIM_CLI_HEADERS="Authorization: Bearer $WORKFORCE_TOKEN" $venv/bin/scim2 --url "$WORKFORCE_URL" test >"$dir/report" 2>&1 || true
grep -A1 '^ERROR' "$dir/report" | grep -v '^--\|^ERROR' | sed 's/^ *//' | sort >"$dir/errors" || true
grep -v '^#' test/conformance.known | sort >"$dir/known"
echo "$(grep -c '^SUCCESS' "$dir/report") checks passed, $(wc -l <"$dir/errors") errors, $(wc -l <"$dir/known") of them known deviations of the tool"
diff "$dir/known" "$dir/errors" || { echo "lines with > are new errors; lines with < in test/conformance.known do not occur any more"; cat "$dir/report"; exit 1; }
