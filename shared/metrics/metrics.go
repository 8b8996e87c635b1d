// Package metrics counts what a function does, for Prometheus.
//
// Prometheus' own client is not used: a function starts in milliseconds and answers for some minutes, and of the client's registry it
// would need a map and a page of text. Labels are the house's own words, never a caller's: each new value would be kept for ever.
package metrics

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kind is a type of metric, as Prometheus names it.
type kind string

const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// Metric is one that a function may have.
type Metric struct {
	name, help string
	kind       kind
	labels     []string
}

// Name is what Prometheus knows it by.
func (m *Metric) Name() string { return m.name }

// The metrics of functions. Each also has the label function: the name of the Knative Service.
var (
	Requests = &Metric{"usher_function_requests_total", "Requests of people and events of the Broker that were answered, by status.", counter, []string{"kind", "code"}}
	Duration = &Metric{"usher_function_request_duration_seconds", "How long they took, without the start of the process.", histogram, []string{"kind"}}
	InFlight = &Metric{"usher_function_in_flight", "Those under way.", gauge, []string{"kind"}}
	Panics   = &Metric{"usher_function_panics_total", "Requests and events that a bug ended.", counter, []string{"kind"}}
	// Retries are of events: the Broker tries again.
	Retries = &Metric{"usher_function_retries_total", "Events that were answered so that the Broker tries again, by reason.", counter, []string{"reason"}}
	// Conflicts count lost races; each was decided again.
	Conflicts   = &Metric{"usher_store_conflicts_total", "Conditional writes that lost to another.", counter, []string{"table"}}
	Unpublished = &Metric{"usher_unpublished_total", "Changes that could not be published at once and wait for the relay.", counter, nil}
	Relayed     = &Metric{"usher_outbox_relayed_total", "Changes that the relay published.", counter, []string{"table"}}
	Oldest      = &Metric{"usher_outbox_oldest_seconds", "Age of the oldest unpublished change that the relay found when it looked last; 0: none.", gauge, []string{"table"}}
	Started     = &Metric{"process_start_time_seconds", "When the process started, in seconds since 1970.", gauge, nil}
)

// The metrics of the gateway. Its routes are classes: the service that answered, "site", "docs", or "none" where there is no such address.
var (
	GatewayRequests = &Metric{"usher_gateway_requests_total", "Requests from outside, by class of route and status; status 0: cut off before an answer.", counter, []string{"route", "code"}}
	GatewayDuration = &Metric{"usher_gateway_request_duration_seconds", "How long they took, with the start of a function from zero.", histogram, []string{"route"}}
	// GatewayFailures leave out whoever asked and went away, or sent a body that cannot be read.
	GatewayFailures = &Metric{"usher_gateway_failures_total", "Requests that a function did not answer, by function and reason.", counter, []string{"target", "reason"}}
)

// all are the metrics in the order in which they are written.
var all = []*Metric{Requests, Duration, InFlight, Panics, Retries, Conflicts, Unpublished, Relayed, Oldest, GatewayRequests, GatewayDuration, GatewayFailures, Started}

// buckets are the upper bounds of durations, in seconds: from a read of one item to what nobody waits for.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

// ContentType is the media type of what WriteTo writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// maxSeries bounds the combinations of labels that a metric keeps; what comes after is counted as "other".
const maxSeries = 128

// Set is what one process has counted. A nil Set counts nothing. Its methods are safe for concurrent use.
type Set struct {
	function string
	mu       sync.Mutex
	series   map[*Metric]map[string]*series
}

type series struct {
	value   float64
	buckets []uint64 // of histograms: how many are at most as long, bucket by bucket and not summed up
	count   uint64
}

// New makes the Set of a function that starts now.
func New(function string, now time.Time) *Set {
	s := &Set{function: function, series: map[*Metric]map[string]*series{}}
	s.Set(Started, float64(now.UnixMilli())/1000)
	return s
}

// Add counts by n. labels are the values of the metric's labels, in their order.
func (s *Set) Add(m *Metric, n float64, labels ...string) {
	s.change(m, labels, func(x *series) { x.value += n })
}

// Set says what a gauge is now.
func (s *Set) Set(m *Metric, v float64, labels ...string) {
	s.change(m, labels, func(x *series) { x.value = v })
}

// Observe puts a duration into a histogram.
func (s *Set) Observe(m *Metric, d time.Duration, labels ...string) {
	s.change(m, labels, func(x *series) {
		if x.buckets == nil {
			x.buckets = make([]uint64, len(buckets)+1)
		}
		i, _ := slices.BinarySearch(buckets, d.Seconds())
		x.buckets[i]++
		x.count++
		x.value += d.Seconds()
	})
}

func (s *Set) change(m *Metric, labels []string, f func(*series)) {
	if s == nil {
		return
	}
	if len(labels) != len(m.labels) {
		panic(fmt.Sprintf("%s has %d labels, not %d", m.name, len(m.labels), len(labels)))
	}
	key := strings.Join(labels, "\x00")
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.series[m]
	if of == nil {
		of = map[string]*series{}
		s.series[m] = of
	}
	x := of[key]
	if x == nil && len(of) >= maxSeries {
		key = strings.Join(slices.Repeat([]string{"other"}, len(labels)), "\x00")
		x = of[key]
	}
	if x == nil {
		x = &series{}
		of[key] = x
	}
	f(x)
}

// ServeHTTP answers with the metrics.
func (s *Set) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", ContentType)
	_, _ = s.WriteTo(w) // the caller went away: nobody to tell
}

// WriteTo writes the metrics in Prometheus' text format, version 0.0.4.
func (s *Set) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, s.text())
	return int64(n), err
}

func (s *Set) text() string {
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, m := range all {
		of := s.series[m]
		if len(of) == 0 {
			continue
		}
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", m.name, m.help, m.name, m.kind)
		keys := make([]string, 0, len(of))
		for key := range of {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			s.write(&b, m, strings.Split(key, "\x00"), of[key])
		}
	}
	return b.String()
}

func (s *Set) write(b *strings.Builder, m *Metric, values []string, x *series) {
	labels := "function=" + quote(s.function)
	for i, name := range m.labels {
		labels += "," + name + "=" + quote(values[i])
	}
	if m.kind != histogram {
		fmt.Fprintf(b, "%s{%s} %s\n", m.name, labels, number(x.value))
		return
	}
	sum := uint64(0)
	for i, n := range x.buckets {
		sum += n
		bound := math.Inf(1)
		if i < len(buckets) {
			bound = buckets[i]
		}
		fmt.Fprintf(b, "%s_bucket{%s,le=%s} %d\n", m.name, labels, quote(number(bound)), sum)
	}
	fmt.Fprintf(b, "%s_sum{%s} %s\n%s_count{%s} %d\n", m.name, labels, number(x.value), m.name, labels, x.count)
}

// quote escapes a label's value as the format wants it.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

func number(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
