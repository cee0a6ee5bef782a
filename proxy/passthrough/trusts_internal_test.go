package passthrough

import (
	"net/netip"
	"testing"
)

func TestTrusts(t *testing.T) {
	p := New(Options{Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("fe80::1/128")}})
	for remote, want := range map[string]bool{
		"192.0.2.7:1": true, "[::ffff:192.0.2.7]:1": true, "[2001:db8::9]:1": true, "[fe80::1%eth0]:1": true,
		"192.0.2.8:1": false, "[2001:db9::9]:1": false, "@": false, "": false, "192.0.2.7": false,
	} {
		if got := p.trusts(remote); got != want {
			t.Errorf("%s: %v", remote, got)
		}
	}
}
