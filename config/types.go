package config

import "keycloak-scim-proxy/config/internal/quantity"

// Values that are written with a unit, or as a date.
type (
	// Size is a number of bytes, written as a number or with KiB, MiB or GiB.
	Size = quantity.Size
	// Duration is a duration, written as 20s or 1m30s.
	Duration = quantity.Duration
	// Date is an RFC 3339 time, or a day, which means its beginning in UTC.
	Date = quantity.Date
)
