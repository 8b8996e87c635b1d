package edge

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"usher.example/shared/metrics"
)

// Config is what the gateway is told about the house it stands in front of.
type Config struct {
	Host         string // to listen on; empty for every address
	Port         uint16
	Routes       *Routes
	FunctionsURL string         // where a function is found; {name} stands for its name
	PublicOrigin string         // scheme://host people see, where a proxy in front changes Host; may be empty
	Trusted      []netip.Prefix // proxies whose word about the client is taken
	Stripe       bool           // Stripe's own form takes the cards, and pages must be allowed to load it
	// AnswerTimeout bounds a function's answer.
	AnswerTimeout time.Duration
	MetricsPort   uint16       // where metrics are shown, and nothing else; 0: nowhere
	Counts        *metrics.Set // what is counted; nil: nothing
}

// defaultAnswer is longer than the slowest start of a function from zero.
const defaultAnswer = 60 * time.Second

// privateNetworks are where proxies in front of a container are: the pod itself, the node, the cluster. Somebody from
// outside never has such an address, so taking these proxies' word is safe wherever the gateway is not on a public address itself.
const privateNetworks = "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,fc00::/7,fe80::/10"

// ConfigFrom reads the settings:
//
//	PORT                    the port to listen on
//	HOST                    the address to listen on; default all
//	ROUTES                  one route a line: METHOD /path/{param} function
//	FUNCTIONS_URL           where a function is found, such as http://{name}.usher.svc.cluster.local
//	PUBLIC_URL              the address people see
//	TRUSTED_PROXIES         networks whose X-Forwarded-* headers are believed, separated by commas; default: private ones
//	ANSWER_TIMEOUT          how long a function may take to answer; default 60s
//	METRICS_PORT            the port of GET /metrics, which is not the public one; default: none
//	STRIPE_API_URL          set where the payment provider is a test double
//
// The error says which setting is wrong.
func ConfigFrom(getenv func(string) string) (Config, error) {
	c := Config{Host: getenv("HOST"), FunctionsURL: getenv("FUNCTIONS_URL")}
	port, err := strconv.ParseUint(getenv("PORT"), 10, 16)
	if err != nil {
		return c, fmt.Errorf("PORT: %q is not a port", getenv("PORT"))
	}
	c.Port = uint16(port)
	if c.Routes, err = ParseRoutes(getenv("ROUTES")); err != nil {
		return c, fmt.Errorf("ROUTES: %w", err)
	}
	if _, err := functionURL(c.FunctionsURL, "name"); err != nil {
		return c, fmt.Errorf("FUNCTIONS_URL: %w", err)
	}
	if c.PublicOrigin, err = origin(getenv("PUBLIC_URL")); err != nil {
		return c, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	trusted := getenv("TRUSTED_PROXIES")
	if trusted == "" {
		trusted = privateNetworks
	}
	if c.Trusted, err = prefixes(trusted); err != nil {
		return c, fmt.Errorf("TRUSTED_PROXIES: %w", err)
	}
	if c.AnswerTimeout, err = duration(getenv("ANSWER_TIMEOUT"), defaultAnswer); err != nil {
		return c, fmt.Errorf("ANSWER_TIMEOUT: %w", err)
	}
	if setting := getenv("METRICS_PORT"); setting != "" {
		metricsPort, err := strconv.ParseUint(setting, 10, 16)
		if err != nil || metricsPort == port {
			return c, fmt.Errorf("METRICS_PORT: %q is not a port other than PORT", setting)
		}
		c.MetricsPort, c.Counts = uint16(metricsPort), metrics.New("gateway", time.Now())
	}
	c.Stripe = getenv("STRIPE_API_URL") == ""
	return c, nil
}

// functionURL puts a function's name into the template.
func functionURL(template, name string) (*url.URL, error) {
	if !strings.Contains(template, "{name}") {
		return nil, fmt.Errorf("%q must contain {name}, such as http://{name}.usher.svc.cluster.local", template)
	}
	u, err := url.Parse(strings.ReplaceAll(template, "{name}", name))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not an http:// or https:// address", template)
	}
	return u, nil
}

// origin is scheme://host of an address; empty for none.
func origin(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%q is not an http:// or https:// address", address)
	}
	return u.Scheme + "://" + u.Host, nil
}

func duration(s string, def time.Duration) (time.Duration, error) {
	if s == "" {
		return def, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a positive duration such as 60s", s)
	}
	return d, nil
}

func prefixes(list string) ([]netip.Prefix, error) {
	var found []netip.Prefix
	for s := range strings.SplitSeq(list, ",") {
		if s = strings.TrimSpace(s); s == "" || s == "none" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/8", s)
		}
		found = append(found, p)
	}
	return found, nil
}
