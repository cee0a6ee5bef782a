#!/usr/bin/env bash
# Says what the tests need besides Go and what is missing here, and installs it: redis-server now;
# Java, Maven and Keycloak when Keycloak starts (cmd/scim-proxy/internal/kcserver). bin/keycloak
# must be built.
set -euo pipefail

needs=$(./bin/keycloak needs) # fails if it cannot be installed
redis=
if ! command -v redis-server >/dev/null; then
	redis="redis-server (the package redis-server, by apt-get)"
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "the tests need redis-server: install your distribution's package redis-server" >&2
		exit 1
	fi
fi
[ -n "$needs$redis" ] || exit 0

echo "These are missing, and are installed now, once:"
printf '%s\n' "$redis" "$needs" | sed '/^$/d; s/^/  /'
if [ -n "$redis" ]; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null
fi
