#!/usr/bin/env bash
# Installs the programs that the tests need, besides Go. The command that starts Keycloak
# (cmd/scim-proxy/internal/kcserver) installs Java and Maven itself.
set -euo pipefail

need() { # need COMMAND PACKAGE
	command -v "$1" >/dev/null && return
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "installing $2 (once)"
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
		return
	fi
	echo "the tests need $1: install your distribution's package $2" >&2
	exit 1
}

need redis-server redis-server
