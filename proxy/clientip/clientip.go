package clientip

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Networks are IP networks.
type Networks []netip.Prefix

// Contains reports whether an address is in one of the networks. An IPv4 address in its IPv6 form
// is the IPv4 address.
func (n Networks) Contains(a netip.Addr) bool {
	a = plain(a)
	return a.IsValid() && slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Peer returns the address at the other end of the connection of a request, and the zero address if
// it cannot be read.
func Peer(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return plain(peer.Addr())
}

// Of returns the address of the client of a request. It is that of the connection, unless that is
// in trusted: each trusted reverse proxy appends the address of its own client to X-Forwarded-For,
// so the client is the last address in it that is not trusted. What is before it was sent by the
// client and is not read. If all addresses are trusted, it is the first one.
//
// known is false if a trusted proxy has appended something that is not an address. Then the address
// is the last one that is.
func Of(r *http.Request, trusted Networks) (client netip.Addr, known bool) {
	client = Peer(r)
	headers := r.Header.Values("X-Forwarded-For")
	for _, hop := range slices.Backward(strings.Split(strings.Join(headers, ","), ",")) {
		if len(headers) == 0 || !trusted.Contains(client) {
			break
		}
		next, ok := parse(hop)
		if !ok {
			return client, false
		}
		client = next
	}
	return client, client.IsValid()
}

// parse reads an element of X-Forwarded-For. Some proxies append the port, some put an IPv6 address
// into brackets.
func parse(hop string) (netip.Addr, bool) {
	hop = strings.Trim(hop, " \t")
	if a, err := netip.ParseAddr(hop); err == nil {
		return plain(a), true
	}
	if a, err := netip.ParseAddrPort(hop); err == nil {
		return plain(a.Addr()), true
	}
	if inner, ok := strings.CutPrefix(hop, "["); ok && strings.HasSuffix(inner, "]") {
		a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return plain(a), err == nil && a.Is6()
	}
	return netip.Addr{}, false
}

func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// Text is the client of Of as a text, "" if it is not known.
func Text(r *http.Request, trusted Networks) string {
	client, known := Of(r, trusted)
	if !known || !client.IsValid() {
		return ""
	}
	return client.String()
}
