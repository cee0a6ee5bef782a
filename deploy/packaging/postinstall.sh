#!/bin/sh
# Makes the user of the service, and lets only it and root read the files of tenants.
set -e
if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers scim-proxy.conf
elif ! getent passwd scim-proxy >/dev/null; then
	useradd --system --home-dir /var/lib/scim-proxy --shell /usr/sbin/nologin scim-proxy
fi
chown root:scim-proxy /etc/scim-proxy /etc/scim-proxy/config.yaml /etc/scim-proxy/tenants.d
chmod 0750 /etc/scim-proxy /etc/scim-proxy/tenants.d
chmod 0640 /etc/scim-proxy/config.yaml
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl try-restart scim-proxy.service || true
fi
