package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"usher.example/shared/id"
	"usher.example/shared/metrics"
	"usher.example/shared/problem"
)

const requestIDHeader = "X-Request-Id"

// requestID is what we take over from a client as a request's id, if it is neither so short that others have it too nor
// long: nothing that could harm a log.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

const shortestID, longestID = 8, 128

// logLine collects what is logged of a request when it is answered.
type logLine struct {
	id       string
	function string
	err      error // why a function did not answer
}

type lineKey struct{}

// line is the log line of the request that ctx belongs to.
func line(ctx context.Context) *logLine {
	if l, ok := ctx.Value(lineKey{}).(*logLine); ok {
		return l
	}
	return &logLine{}
}

// named gives each request its id, and logs one line and counts it when it is answered.
func named(c Config, log *slog.Logger, next http.Handler) http.Handler {
	trusted := clients{c.Trusted}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		l := &logLine{id: r.Header.Get(requestIDHeader)}
		if len(l.id) < shortestID || len(l.id) > longestID || !requestID.MatchString(l.id) {
			l.id = id.New()
		}
		w.Header().Set(requestIDHeader, l.id)
		rec := &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), lineKey{}, l))
		defer func() {
			p := recover()
			failed, _ := p.(error)
			if p != nil && !errors.Is(failed, http.ErrAbortHandler) {
				log.Error("panic", "panic", p, "request_id", l.id)
				if rec.status == 0 {
					problem.Write(rec, problem.New(problem.Internal, "Something went wrong on our side. Please try again."))
				}
			}
			took := time.Since(start)
			l.write(log, r, rec, trusted.address(r), took)
			class := routeClass(l.function, r.URL.Path)
			c.Counts.Add(metrics.GatewayRequests, 1, class, strconv.Itoa(rec.status))
			c.Counts.Observe(metrics.GatewayDuration, took, class)
			if p != nil {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// routeClass is what a request is counted as: the service of its function, or what else is at its path. It is never the caller's word.
func routeClass(function, path string) string {
	switch {
	case function != "":
		service, _, _ := strings.Cut(function, "-")
		return service
	case path == documentPath || path == docsPath:
		return "docs"
	case isAPI(path):
		return "none"
	}
	return "site"
}

func (l *logLine) write(log *slog.Logger, r *http.Request, rec *recorder, client string, took time.Duration) {
	attrs := []any{
		"method", r.Method, "path", r.URL.Path, "status", rec.status, "bytes", rec.bytes,
		"ms", float64(took.Microseconds()) / 1000, "client", client, "request_id", l.id,
	}
	if l.function != "" {
		attrs = append(attrs, "function", l.function)
	}
	level := slog.LevelInfo
	if l.err != nil {
		attrs = append(attrs, "error", l.err.Error())
		if rec.status >= 500 {
			level = slog.LevelWarn
		}
	}
	log.Log(r.Context(), level, "answered", attrs...)
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
