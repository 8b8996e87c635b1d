package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"usher.example/shared/metrics"
	"usher.example/shared/trace"
)

const (
	// readHeaderTimeout and idleTimeout free connections of who says nothing.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	// drainTimeout is how long requests under way may take after SIGTERM; Knative allows more than this by default.
	drainTimeout = 25 * time.Second
	// maxHeader bounds a request's headers, in bytes.
	maxHeader = 64 << 10
)

// build makes a process's handler of its settings.
type build func(p process) (http.Handler, error)

// process is what a function's process is made of.
type process struct {
	getenv func(string) string
	log    *slog.Logger
	traces *trace.Recorder
	counts *metrics.Set
}

// run runs serve until a signal ends it, and turns an error into one line and exit status 1.
func run(build build) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := serve(ctx, os.Getenv, build); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, getenv func(string) string, build build) error {
	log, err := newLog(getenv)
	if err != nil {
		return err
	}
	port, err := strconv.ParseUint(getenv("PORT"), 10, 16)
	if err != nil {
		return fmt.Errorf("PORT: %q is not a port", getenv("PORT"))
	}
	traces, err := trace.FromEnv(getenv, log)
	if err != nil {
		return err
	}
	defer traces.Flush()
	counts := metrics.New(getenv("K_SERVICE"), time.Now())
	handler, err := build(process{getenv, log, traces, counts})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(getenv("HOST"), strconv.FormatUint(port, 10)))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return Serve(ctx, listener, counted(handler, counts), log)
}

// counted adds GET /metrics, which Prometheus asks each instance for by its own address. The gateway leads nobody there: it is no route.
func counted(handler http.Handler, counts *metrics.Set) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", counts)
	mux.Handle("/", handler)
	return mux
}

// Serve answers requests on listener until ctx ends, then lets those under way finish. GET /healthz answers 200.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("/", handler)
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}
