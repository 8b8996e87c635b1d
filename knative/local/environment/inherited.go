package environment

import "strings"

// inherited are the variables of the runtime that its programs get, too: what a container image would bring along or the
// machine's owner has to set. All others stay with the runtime: a program that runs here because of a variable that no
// manifest states would fail on a cluster.
var inherited = map[string]bool{
	"PATH": true, "HOME": true, "TMPDIR": true, "TZ": true, "USER": true,
	"SSL_CERT_FILE": true, "SSL_CERT_DIR": true, // Stripe is reached through TLS
	"HTTP_PROXY": true, "HTTPS_PROXY": true, "NO_PROXY": true, "http_proxy": true, "https_proxy": true, "no_proxy": true,
	"LOG_LEVEL":                   true, // how much a person wants to read
	"OTEL_EXPORTER_OTLP_ENDPOINT": true, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": true, "OTEL_EXPORTER_OTLP_HEADERS": true, "OTEL_SDK_DISABLED": true,
	"GODEBUG": true, "GOTRACEBACK": true, "GOCOVERDIR": true, // what a person examines
}

// Inherited picks from the runtime's own environment, given as NAME=value.
func Inherited(own []string) []string {
	var list []string
	for _, v := range own {
		if name, _, ok := strings.Cut(v, "="); ok && inherited[name] {
			list = append(list, v)
		}
	}
	return list
}
