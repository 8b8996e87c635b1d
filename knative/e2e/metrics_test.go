package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Each function counts what it does, for Prometheus; the public address does not show it.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller := s.person("seller")
	listed := seller.sells("Front row", "42.00")
	seller.refused(http.StatusBadRequest, seller.do("POST", "/api/tickets", `{}`))
	seller.refused(http.StatusForbidden, seller.do("POST", "/api/orders", map[string]string{"ticket_id": listed.ID}))
	for name, want := range map[string][]string{
		"tickets-create": {
			`usher_function_requests_total{function="tickets-create",kind="http",code="201"} 1`, `usher_function_requests_total{function="tickets-create",kind="http",code="400"} 1`,
			`usher_function_request_duration_seconds_count{function="tickets-create",kind="http"} 2`, `usher_function_in_flight{function="tickets-create",kind="http"} 0`,
		},
		"orders-on-ticket": {`usher_function_requests_total{function="orders-on-ticket",kind="event",code="200"} 1`},
	} {
		var got string
		eventually(t, name+" counts", func() bool {
			got = s.metrics(name)
			for _, line := range want {
				if !strings.Contains(got, line+"\n") {
					return false
				}
			}
			return true
		})
	}
	stranger := s.stranger()
	for _, path := range []string{"/metrics", "/api/metrics", "/api/tickets/../metrics", "/api/tickets-create/metrics"} {
		if a := stranger.do("GET", path, nil); strings.Contains(string(a.body), "usher_function") {
			t.Errorf("%s shows what is counted", path)
		}
	}
}

// metrics is what the process of a function says at /metrics; empty where it does not run.
func (s *system) metrics(name string) string {
	p, ok := s.process(name)
	if !ok {
		return ""
	}
	resp, err := http.Get("http://" + p.Address + "/metrics")
	if err != nil {
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	content, _ := io.ReadAll(resp.Body)
	return string(content)
}
