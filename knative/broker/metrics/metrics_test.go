package metrics_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher.example/knative/broker/metrics"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestMetrics(t *testing.T) {
	m := metrics.New()
	m.Accepted("ns/br", 202, 3*time.Millisecond)
	m.Dispatched("ns/br", "tr", 503, 20*time.Millisecond)
	m.Dispatched("ns/br", "tr", 0, time.Second)
	m.Processed("ns/br", "tr", 5*time.Millisecond)
	m.Settled("ns/br", "tr", "parked")
	m.DeadLetters("ns/br", 4)
	t.Run("they have Knative's names", func(t *testing.T) {
		text := scrape(t, m)
		for _, want := range []string{
			`event_count{broker="ns/br",container_name="ingress",response_code="202",response_code_class="2xx",trigger=""} 1`,
			`event_count{broker="ns/br",container_name="filter",response_code="503",response_code_class="5xx",trigger="tr"} 1`,
			`event_count{broker="ns/br",container_name="filter",response_code="0",response_code_class="none",trigger="tr"} 1`,
			`event_dispatch_latencies_bucket{broker="ns/br",container_name="ingress",trigger="",le="4"} 1`,
			`event_processing_latencies_bucket{broker="ns/br",trigger="tr",le="8"} 1`,
			`usher_broker_settled_total{broker="ns/br",how="parked",trigger="tr"} 1`,
			`usher_broker_dead_letters{broker="ns/br"} 4`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("missing: %s", want)
			}
		}
	})
	t.Run("a deleted Trigger leaves none behind", func(t *testing.T) {
		m.Forget("ns/br", "tr")
		if text := scrape(t, m); strings.Contains(text, `trigger="tr"`) || !strings.Contains(text, `container_name="ingress"`) {
			t.Error("its series are still there, or the Broker's are gone")
		}
	})
}
