// Package metrics counts what the Broker does, under the names that Knative's own
// Brokers use, so that their dashboards and alerts work.
//
// Event types are no label: they come from outside, and each new one would be
// kept in memory for ever.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"usher.example/knative/broker/dispatcher"
	"usher.example/knative/broker/ingress"
	"usher.example/knative/broker/store"
)

// latencyMilliseconds are the buckets of all latencies; Knative's are in milliseconds.
var latencyMilliseconds = []float64{1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000}

// Metrics observes the data plane.
type Metrics struct {
	registry  *prometheus.Registry
	count     *prometheus.CounterVec
	dispatch  *prometheus.HistogramVec
	process   *prometheus.HistogramVec
	settled   *prometheus.CounterVec
	deadCount *prometheus.GaugeVec
}

var (
	_ dispatcher.Observer = (*Metrics)(nil)
	_ ingress.Observer    = (*Metrics)(nil)
)

// New makes the metrics in a registry of their own.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		count: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "event_count", Help: "Events accepted by ingress, and delivery attempts by the filter, by answer.",
		}, []string{"container_name", "broker", "trigger", "response_code", "response_code_class"}),
		dispatch: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "event_dispatch_latencies", Help: "Milliseconds an append or a delivery attempt took.", Buckets: latencyMilliseconds,
		}, []string{"container_name", "broker", "trigger"}),
		process: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "event_processing_latencies", Help: "Milliseconds from storing an event to its first delivery attempt.", Buckets: latencyMilliseconds,
		}, []string{"broker", "trigger"}),
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_broker_settled_total", Help: "How deliveries ended: delivered, filtered, retried, deadlettered, parked.",
		}, []string{"broker", "trigger", "how"}),
		deadCount: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "usher_broker_dead_letters", Help: "Events parked and not yet replayed or dropped.",
		}, []string{"broker"}),
	}
	m.registry.MustRegister(m.count, m.dispatch, m.process, m.settled, m.deadCount,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves them in Prometheus' format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Accepted implements ingress.Observer.
func (m *Metrics) Accepted(broker string, status int, took time.Duration) {
	m.count.WithLabelValues("ingress", broker, "", strconv.Itoa(status), class(status)).Inc()
	m.dispatch.WithLabelValues("ingress", broker, "").Observe(milliseconds(took))
}

// Dispatched implements dispatcher.Observer.
func (m *Metrics) Dispatched(broker, trigger string, status int, took time.Duration) {
	m.count.WithLabelValues("filter", broker, trigger, strconv.Itoa(status), class(status)).Inc()
	m.dispatch.WithLabelValues("filter", broker, trigger).Observe(milliseconds(took))
}

// Processed implements dispatcher.Observer.
func (m *Metrics) Processed(broker, trigger string, age time.Duration) {
	m.process.WithLabelValues(broker, trigger).Observe(milliseconds(age))
}

// Settled implements dispatcher.Observer.
func (m *Metrics) Settled(broker, trigger, how string) {
	m.settled.WithLabelValues(broker, trigger, how).Inc()
}

// Forget implements dispatcher.Observer.
func (m *Metrics) Forget(broker, trigger string) {
	labels := prometheus.Labels{"broker": broker, "trigger": trigger}
	m.count.DeletePartialMatch(labels)
	m.dispatch.DeletePartialMatch(labels)
	m.process.DeletePartialMatch(labels)
	m.settled.DeletePartialMatch(labels)
}

// DeadLetters sets how many events lie parked.
func (m *Metrics) DeadLetters(broker string, n int) {
	m.deadCount.WithLabelValues(broker).Set(float64(n))
}

// Watch adds gauges that are read when they are asked for: whether the store is
// live, and each Trigger's deliveries under way and the age of the oldest event, which
// is what to alert on when a subscriber falls behind.
func (m *Metrics) Watch(s store.Store, d *dispatcher.Dispatcher) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "usher_broker_store_live", Help: "1 while the event store is connected.",
	}, func() float64 {
		if s.Status().Live {
			return 1
		}
		return 0
	}))
	if d != nil {
		m.registry.MustRegister(triggerGauges{d})
	}
}

// triggerGauges collects the state of every Trigger.
type triggerGauges struct{ d *dispatcher.Dispatcher }

var (
	inFlightDesc = prometheus.NewDesc("usher_broker_in_flight", "Deliveries under way.", []string{"broker", "trigger"}, nil)
	oldestDesc   = prometheus.NewDesc("usher_broker_oldest_seconds", "Age of the oldest event under way: how far the Trigger is behind.", []string{"broker", "trigger"}, nil)
	pausedDesc   = prometheus.NewDesc("usher_broker_paused", "1 while the Trigger cannot be served as it is written.", []string{"broker", "trigger"}, nil)
)

func (g triggerGauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- inFlightDesc
	ch <- oldestDesc
	ch <- pausedDesc
}

func (g triggerGauges) Collect(ch chan<- prometheus.Metric) {
	for _, s := range g.d.Status() {
		paused := 0.0
		if s.Problem != "" {
			paused = 1
		}
		ch <- prometheus.MustNewConstMetric(inFlightDesc, prometheus.GaugeValue, float64(s.InFlight), s.Broker, s.Name)
		ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, s.Oldest.Seconds(), s.Broker, s.Name)
		ch <- prometheus.MustNewConstMetric(pausedDesc, prometheus.GaugeValue, paused, s.Broker, s.Name)
	}
}

func class(status int) string {
	if status == 0 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
