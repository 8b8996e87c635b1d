package trace

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// pause is how long spans are gathered before they are sent together.
	pause = time.Second
	// maxWaiting bounds the spans in memory while the collector is away; what is more is dropped and counted.
	maxWaiting = 4096
	// sendTimeout bounds one sending, at the end of the process as well.
	sendTimeout = 3 * time.Second
	// maxAnswer bounds what is read of a collector's answer, in bytes.
	maxAnswer = 1 << 10
)

// Recorder tells a collector of spans. A nil *Recorder records nothing.
type Recorder struct {
	service, url string
	headers      http.Header
	client       *http.Client
	log          *slog.Logger

	mu      sync.Mutex
	waiting []Span
	dropped int
	timer   *time.Timer
	sending sync.WaitGroup
}

// FromEnv reads what OpenTelemetry names:
//
//	OTEL_EXPORTER_OTLP_ENDPOINT         the collector, such as http://localhost:4318; empty: nothing is recorded
//	OTEL_EXPORTER_OTLP_TRACES_ENDPOINT  the same for traces alone, with its full path
//	OTEL_EXPORTER_OTLP_HEADERS          headers to send along, as name=value,name=value
//	OTEL_SERVICE_NAME                   what the process is called; else K_SERVICE
//	OTEL_SDK_DISABLED                   true: nothing is recorded
//
// Spans are sent as JSON over HTTP (OTLP/HTTP), to whichever collector takes that.
func FromEnv(getenv func(string) string, log *slog.Logger) (*Recorder, error) {
	address := getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if base := getenv("OTEL_EXPORTER_OTLP_ENDPOINT"); address == "" && base != "" {
		address = strings.TrimSuffix(base, "/") + "/v1/traces"
	}
	if address == "" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil //nolint:nilnil // no recorder is a recorder
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %q is not an http:// or https:// address", address)
	}
	headers := http.Header{"Content-Type": {"application/json"}}
	for pair := range strings.SplitSeq(getenv("OTEL_EXPORTER_OTLP_HEADERS"), ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS is not name=value,name=value")
		}
		headers.Set(strings.TrimSpace(name), value)
	}
	service := getenv("OTEL_SERVICE_NAME")
	if service == "" {
		service = getenv("K_SERVICE")
	}
	if service == "" {
		service = "usher"
	}
	return &Recorder{service: service, url: address, headers: headers, client: &http.Client{Timeout: sendTimeout}, log: log}, nil
}

// take keeps spans until they are sent. Nobody waits for that.
func (r *Recorder) take(spans []Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting)+len(spans) > maxWaiting {
		r.dropped += len(spans)
		return
	}
	r.waiting = append(r.waiting, spans...)
	if r.timer == nil {
		r.sending.Add(1)
		r.timer = time.AfterFunc(pause, func() {
			defer r.sending.Done()
			r.send()
		})
	}
}

// Flush sends what is kept; a process calls it before it ends.
func (r *Recorder) Flush() {
	if r == nil {
		return
	}
	r.mu.Lock()
	if r.timer != nil && r.timer.Stop() {
		r.sending.Done()
	}
	r.mu.Unlock()
	r.send()
	r.sending.Wait()
}

// send tells the collector of what is kept. What it does not take is lost: spans are worth no promise.
func (r *Recorder) send() {
	r.mu.Lock()
	spans, dropped := r.waiting, r.dropped
	r.waiting, r.dropped, r.timer = nil, 0, nil
	r.mu.Unlock()
	if dropped > 0 {
		r.log.Warn("spans were dropped: too many at once", "spans", dropped)
	}
	if len(spans) == 0 {
		return
	}
	if err := r.post(spans); err != nil {
		r.log.Warn("spans were lost", "spans", len(spans), "error", err)
	}
}

func (r *Recorder) post(spans []Span) error {
	body, err := encode(r.service, spans)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = r.headers.Clone()
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read only
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %s: %.200s", resp.Status, said)
	}
	return nil
}
