package edge

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clients says who sent a request, as far as the proxies in front can be believed.
type clients struct{ trusted []netip.Prefix }

// address is the client's IP address. Each proxy adds its peer to the end of X-Forwarded-For; so, from the end, the first
// one that is not a trusted proxy is the client. What is further in front, anybody may have written.
func (c clients) address(r *http.Request) string {
	found := peer(r)
	if !c.believes(found) {
		return found
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		ip, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return found
		}
		if found = ip.Unmap().WithZone("").String(); !c.believes(found) {
			return found
		}
	}
	return found
}

// scheme is how the person came: what the proxy in front says, if it can be believed.
func (c clients) scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	if said := r.Header.Get("X-Forwarded-Proto"); said == "https" && c.believes(peer(r)) {
		return said
	}
	return "http"
}

func (c clients) believes(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	return ip.Unmap().WithZone("").String()
}
