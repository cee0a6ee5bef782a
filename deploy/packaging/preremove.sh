#!/bin/sh
# Stops the service if the package is removed, but not if it is replaced by another version.
set -e
if [ -d /run/systemd/system ] && { [ "$1" = remove ] || [ "$1" = 0 ]; }; then
	systemctl disable --now scim-proxy.service || true
fi
