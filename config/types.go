package config

import (
	"net/netip"

	"keycloak-scim-proxy/config/internal/unit"
	"keycloak-scim-proxy/config/internal/value"
)

type (
	// Size is a number of bytes, written as a number or with KiB, MiB or GiB.
	Size = unit.Size
	// Duration is a duration, written as 20s or 1m30s.
	Duration = unit.Duration
	// Date is an RFC 3339 time, or a day, which means its beginning in UTC.
	Date = unit.Date
)

// Network reads an IP address or a network in CIDR notation.
func Network(s string) (netip.Prefix, error) { return value.Network(s) }
