package metrics_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/shared/metrics"
)

func text(t *testing.T, s *metrics.Set) string {
	t.Helper()
	var b strings.Builder
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	s := metrics.New("orders-create", time.Unix(1800000000, 500e6))
	s.Add(metrics.Requests, 1, "http", "201")
	s.Add(metrics.Requests, 2, "http", "409")
	s.Observe(metrics.Duration, 3*time.Millisecond, "http")
	s.Observe(metrics.Duration, 5*time.Millisecond, "http") // a bound belongs to its own bucket
	s.Observe(metrics.Duration, 2*time.Minute, "http")
	s.Set(metrics.Oldest, 12.5, "a\"b\\c\nd")
	got := text(t, s)
	for _, want := range []string{
		"# TYPE usher_function_requests_total counter\nusher_function_requests_total{function=\"orders-create\",kind=\"http\",code=\"201\"} 1\n" +
			"usher_function_requests_total{function=\"orders-create\",kind=\"http\",code=\"409\"} 2\n",
		"_bucket{function=\"orders-create\",kind=\"http\",le=\"0.0025\"} 0\n",
		"_bucket{function=\"orders-create\",kind=\"http\",le=\"0.005\"} 2\n",
		"_bucket{function=\"orders-create\",kind=\"http\",le=\"60\"} 2\n",
		"_bucket{function=\"orders-create\",kind=\"http\",le=\"+Inf\"} 3\n",
		"_sum{function=\"orders-create\",kind=\"http\"} 120.008\n",
		"_count{function=\"orders-create\",kind=\"http\"} 3\n",
		`usher_outbox_oldest_seconds{function="orders-create",table="a\"b\\c\nd"} 12.5`,
		`process_start_time_seconds{function="orders-create"} 1.8000000005e+09`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "panics") {
		t.Errorf("what was never counted is written:\n%s", got)
	}
}

// However many values a label has, memory has an end.
func TestSeriesAreBounded(t *testing.T) {
	s := metrics.New("f", time.Now())
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				s.Add(metrics.Conflicts, 1, strconv.Itoa(worker*1000+i))
			}
		})
	}
	wg.Wait()
	got := text(t, s)
	if n := strings.Count(got, "usher_store_conflicts_total{"); n > 129 || !strings.Contains(got, `table="other"} 38`) {
		t.Errorf("%d series:\n%s", n, got)
	}
}

func TestNobodyCounts(t *testing.T) {
	var s *metrics.Set
	s.Add(metrics.Unpublished, 1)
	s.Observe(metrics.Duration, time.Second, "http")
	if got := text(t, s); got != "" {
		t.Errorf("got %s", got)
	}
}
