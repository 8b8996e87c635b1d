package edge

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

func TestARequestUnderWayIsAnsweredAfterTheSignalToStop(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	entered, leave := make(chan struct{}), make(chan struct{})
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			<-leave
			_, _ = w.Write([]byte("done"))
		}), slog.New(slog.DiscardHandler))
	}()
	type answer struct {
		body []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		resp, err := http.Get("http://" + l.Addr().String() + "/slow")
		if err != nil {
			answered <- answer{nil, err}
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		answered <- answer{body, err}
	}()
	<-entered
	stop()
	close(leave)
	if a := <-answered; a.err != nil || string(a.body) != "done" {
		t.Errorf("got %q, %v", a.body, a.err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestRunAnswersHealthAndStops(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	ctx, stop := context.WithCancel(t.Context())
	var log bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, env("HOST", "127.0.0.1", "PORT", port, "ROUTES", testRoutes, "FUNCTIONS_URL", "http://127.0.0.1:1/{name}"), &log)
	}()
	healthy := false
	for deadline := time.Now().Add(5 * time.Second); !healthy && time.Now().Before(deadline); {
		if resp, err := http.Get("http://127.0.0.1:" + port + "/healthz"); err == nil {
			resp.Body.Close()
			healthy = resp.StatusCode == 200
		}
	}
	stop()
	if err := <-ended; err != nil || !healthy {
		t.Errorf("healthy: %v, ended with %v", healthy, err)
	}
	if err := Run(t.Context(), env(), io.Discard); err == nil {
		t.Error("Run without settings did not fail")
	}
}
