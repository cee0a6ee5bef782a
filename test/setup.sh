#!/usr/bin/env bash
# Says what the tests need besides Go and what is missing here, and installs it: redis-server and
# Chromium now; Java, Maven and Keycloak when Keycloak starts (cmd/scim-proxy/internal/kcserver).
# bin/keycloak must be built.
set -euo pipefail

needs=$(./bin/keycloak needs) # fails if it cannot be installed
missing= packages=()
need() { # need PROGRAM DESCRIPTION PACKAGE...
	! command -v "$1" >/dev/null || return 0
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "the tests need $1: install your distribution's package $3" >&2
		exit 1
	fi
	missing+="$2 (${*:3}, by apt-get)"$'\n' packages+=("${@:3}")
}
need redis-server redis-server redis-server
command -v chromium-browser google-chrome chrome >/dev/null || # the names that test/browser looks for
	need chromium "Chromium, for the tests of pages" chromium fonts-dejavu-core
[ -n "$needs$missing" ] || exit 0

echo "These are missing, and are installed now, once:"
printf '%s\n' "$missing" "$needs" | sed '/^$/d; s/^/  /'
if [ ${#packages[@]} -gt 0 ]; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
