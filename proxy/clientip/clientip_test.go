package clientip_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"

	"keycloak-scim-proxy/proxy/clientip"
)

func networks(texts ...string) (all clientip.Networks) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func TestOf(t *testing.T) {
	trusted := networks("10.0.0.7/32", "10.9.0.0/16", "2001:db8::/32")
	const proxy = "10.0.0.7:1234"
	for name, row := range map[string]struct {
		peer      string
		forwarded []string
		want      string // "" before the address: it is not known
	}{
		"no proxy":                           {"192.0.2.1:1", nil, "192.0.2.1"},
		"IPv6":                               {"[2a00::1]:1", nil, "2a00::1"},
		"IPv4 in its IPv6 form":              {"[::ffff:192.0.2.1]:1", nil, "192.0.2.1"},
		"a zone":                             {"[fe80::1%eth0]:1", nil, "fe80::1"},
		"no address at all":                  {"@", nil, "? invalid IP"},
		"a header of a peer that is unknown": {"@", []string{"192.0.2.1"}, "? invalid IP"},
		"spoofed by a client":                {"192.0.2.1:1", []string{"203.0.113.9"}, "192.0.2.1"},
		"spoofed as a proxy":                 {"192.0.2.1:1", []string{"203.0.113.9, 10.0.0.7"}, "192.0.2.1"},
		"a neighbour of the proxy":           {"10.0.0.8:1", []string{"203.0.113.9"}, "10.0.0.8"},
		"one proxy":                          {proxy, []string{"203.0.113.9"}, "203.0.113.9"},
		"one proxy in its IPv6 form":         {"[::ffff:10.0.0.7]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"one proxy without the header":       {proxy, nil, "10.0.0.7"},
		"the client's own header is before":  {proxy, []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9"},
		"the client's own header is another": {proxy, []string{"1.2.3.4", "203.0.113.9"}, "203.0.113.9"},
		"the client names a trusted proxy":   {proxy, []string{"1.2.3.4, 10.0.0.7, 203.0.113.9"}, "203.0.113.9"},
		"garbage of the client":              {proxy, []string{"<script>, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":                        {proxy, []string{"1.2.3.4, 203.0.113.9, 10.9.1.1"}, "203.0.113.9"},
		"two proxies, two headers":           {proxy, []string{"203.0.113.9", "10.9.1.1"}, "203.0.113.9"},
		"only proxies":                       {proxy, []string{"10.9.2.2,10.9.1.1"}, "10.9.2.2"},
		"a client of IPv6":                   {proxy, []string{"2a00::1"}, "2a00::1"},
		"a mapped client":                    {proxy, []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"a mapped proxy":                     {proxy, []string{"203.0.113.9, ::ffff:10.9.1.1"}, "203.0.113.9"},
		"with a port":                        {proxy, []string{"203.0.113.9:4711"}, "203.0.113.9"},
		"in brackets":                        {proxy, []string{"[2a00::1]"}, "2a00::1"},
		"in brackets with a port":            {proxy, []string{"[2a00::1]:4711"}, "2a00::1"},
		"blanks":                             {proxy, []string{"  203.0.113.9\t"}, "203.0.113.9"},
		"garbage of the proxy":               {proxy, []string{"203.0.113.9, unknown"}, "? 10.0.0.7"},
		"an empty header":                    {proxy, []string{""}, "? 10.0.0.7"},
		"an empty element":                   {proxy, []string{"203.0.113.9,"}, "? 10.0.0.7"},
		"a quoted address":                   {proxy, []string{`"203.0.113.9"`}, "? 10.0.0.7"},
		"an octal address":                   {proxy, []string{"0313.0.113.9"}, "? 10.0.0.7"},
		"a number":                           {proxy, []string{"3405803785"}, "? 10.0.0.7"},
		"IPv4 in brackets":                   {proxy, []string{"[203.0.113.9]"}, "? 10.0.0.7"},
		"half a bracket":                     {proxy, []string{"[2a00::1"}, "? 10.0.0.7"},
		"garbage between proxies":            {proxy, []string{"203.0.113.9, x, 10.9.1.1"}, "? 10.9.1.1"},
	} {
		r := &http.Request{RemoteAddr: row.peer, Header: http.Header{"X-Forwarded-For": row.forwarded, "X-Real-Ip": {"9.9.9.9"}, "Forwarded": {"for=9.9.9.9"}}}
		if row.forwarded == nil {
			r.Header.Del("X-Forwarded-For")
		}
		client, known := clientip.Of(r, trusted)
		got := client.String()
		if !known {
			got = "? " + got
		}
		if got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
	if client, known := clientip.Of(&http.Request{RemoteAddr: proxy, Header: http.Header{"X-Forwarded-For": {"1.1.1.1"}}}, nil); fmt.Sprint(client, known) != "10.0.0.7 true" {
		t.Errorf("no proxy is trusted: %s %v", client, known)
	}
}

func TestContains(t *testing.T) {
	n := networks("192.0.2.7/32", "2001:db8::/32", "fe80::1/128", "10.1.2.3/8")
	for text, want := range map[string]bool{
		"192.0.2.7": true, "::ffff:192.0.2.7": true, "2001:db8::9": true, "fe80::1%eth0": true, "10.200.0.1": true,
		"192.0.2.8": false, "2001:db9::9": false, "::c000:207": false,
	} {
		if got := n.Contains(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if n.Contains(netip.Addr{}) || clientip.Networks(nil).Contains(netip.MustParseAddr("::")) {
		t.Error("no address, or no network")
	}
}
