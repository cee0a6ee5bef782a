package config_test

import (
	"encoding"
	"fmt"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
)

func TestTypes(t *testing.T) {
	size, duration, date := new(config.Size), new(config.Duration), new(config.Date)
	for _, c := range []struct {
		into       encoding.TextUnmarshaler
		text, want string
	}{
		{size, "0", "0"}, {size, "1023", "1023"}, {size, "1024", "1KiB"}, {size, "16KiB", "16KiB"}, {size, "8 MiB", "8MiB"}, {size, "1536KiB", "1536KiB"},
		{size, "1GiB", "1GiB"}, {size, "9223372036854775807", "9223372036854775807"}, {size, "8589934591GiB", "8589934591GiB"},
		{size, "8589934592GiB", ""}, {size, "9223372036854775808", ""}, {size, "8MB", ""}, {size, "8M", ""}, {size, "-1", ""}, {size, "+1", ""}, {size, "1.5KiB", ""},
		{size, "KiB", ""}, {size, "", ""}, {size, "1  KiB", ""}, {size, "1KiBKiB", ""}, {size, "0x10", ""}, {size, "1_000", ""}, {size, "8mib", ""},
		{duration, "20s", "20s"}, {duration, "90s", "1m30s"}, {duration, "60s", "1m"}, {duration, "120m", "2h"}, {duration, "90m", "1h30m"}, {duration, "1h0m5s", "1h0m5s"},
		{duration, "500ms", "500ms"}, {duration, "10s", "10s"}, {duration, "0s", "0s"}, {duration, "10m", "10m"}, {duration, "10h", "10h"}, {duration, "-1s", "-1s"},
		{duration, "20", ""}, {duration, "soon", ""}, {duration, "", ""}, {duration, "1d", ""},
		{date, "2026-11-23", "2026-11-23 00:00:00 +0000 UTC"}, {date, "2026-11-23T12:00:00+02:00", "2026-11-23 10:00:00 +0000 UTC"},
		{date, "2026-02-30", ""}, {date, "23.11.2026", ""}, {date, "2026-11-23 12:00", ""}, {date, "", ""},
	} {
		err := c.into.UnmarshalText([]byte(c.text))
		if (err == nil) != (c.want != "") {
			t.Errorf("%T %q: %v", c.into, c.text, err)
		}
		if err == nil && fmt.Sprint(c.into) != c.want {
			t.Errorf("%T %q: %v, want %s", c.into, c.text, c.into, c.want)
		}
	}
}

// A printed duration is read as the same duration.
func TestDurationsAreReadBack(t *testing.T) {
	for _, want := range []time.Duration{0, time.Nanosecond, time.Second, time.Minute, time.Hour, 10 * time.Minute, 100 * time.Hour, time.Hour + time.Second, -time.Minute, 61 * time.Minute} {
		var got config.Duration
		if err := got.UnmarshalText([]byte(config.Duration(want).String())); err != nil || got.Std() != want {
			t.Errorf("%s: %s %v", want, got, err)
		}
	}
}
