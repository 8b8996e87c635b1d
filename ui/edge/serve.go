package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	// readHeaderTimeout and idleTimeout free connections of who says nothing.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	// drainTimeout is how long requests under way may take after SIGTERM; Knative allows more than this by default.
	drainTimeout = 25 * time.Second
	// maxHeader bounds a request's headers, in bytes.
	maxHeader = 32 << 10
)

// Run serves the public address until ctx ends, with the settings that ConfigFrom reads. The log goes to out as JSON lines.
func Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	c, err := ConfigFrom(getenv)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(out, nil))
	handler, err := New(c, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if c.MetricsPort == 0 {
		return Serve(ctx, listener, handler, log)
	}
	private, err := net.Listen("tcp", net.JoinHostPort(c.Host, strconv.Itoa(int(c.MetricsPort))))
	if err != nil {
		listener.Close()
		return fmt.Errorf("listen for metrics: %w", err)
	}
	ctx, stop := context.WithCancel(ctx) // one that ends takes the other with it
	shown := make(chan error, 1)
	go func() {
		defer stop()
		shown <- Serve(ctx, private, beside(c.Counts, "/metrics", http.NotFoundHandler()), log)
	}()
	err = Serve(ctx, listener, handler, log)
	stop()
	return errors.Join(err, <-shown)
}

// Serve answers requests on listener until ctx ends, then lets those under way finish. GET /healthz answers 200.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("ok\n")) // the prober went away: nobody to tell
	})
	server := &http.Server{
		Handler:           beside(mux, "/healthz", handler),
		ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
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

// beside sends one path to a handler of its own and all others, unchanged, to next: http.ServeMux would redirect unclean ones.
func beside(own http.Handler, path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			own.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
