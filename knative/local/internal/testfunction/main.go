// Command testfunction is a function for the tests of the local runtime. It answers GET /healthz at once, and every other
// request as its query says:
//
//	wait=100ms   answers after that time, or when its client leaves
//	exit=3       ends the process with this status instead of answering
//	env=NAME     answers the value of an environment variable
//	status=418   answers with this status
//
// Otherwise it answers a JSON description of the request and of itself. Environment: START_DELAY delays listening,
// START_FAIL ends the process with that line, GREETING is part of the description.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// seen is what a request looked like from here.
type seen struct {
	Service  string      `json:"service"`
	PID      int         `json:"pid"`
	Count    int64       `json:"count"`
	Most     int64       `json:"most"` // requests at once, so far
	Method   string      `json:"method"`
	URI      string      `json:"uri"`
	Host     string      `json:"host"`
	Header   http.Header `json:"header"`
	Body     string      `json:"body"`
	Greeting string      `json:"greeting"`
}

var count, now, most atomic.Int64

func main() {
	if line := os.Getenv("START_FAIL"); line != "" {
		fmt.Fprintln(os.Stderr, line)
		os.Exit(1)
	}
	if d, err := time.ParseDuration(os.Getenv("START_DELAY")); err == nil {
		time.Sleep(d)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: os.Getenv("HOST") + ":" + os.Getenv("PORT"), Handler: http.HandlerFunc(answer), ReadHeaderTimeout: time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.Background())
	}()
	fmt.Println("listening as", os.Getenv("K_REVISION"))
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/healthz" {
		return
	}
	atOnce := now.Add(1)
	defer now.Add(-1)
	for m := most.Load(); atOnce > m && !most.CompareAndSwap(m, atOnce); m = most.Load() {
	}
	body, _ := io.ReadAll(r.Body)
	query := r.URL.Query()
	if d, err := time.ParseDuration(query.Get("wait")); err == nil {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			return
		}
	}
	if status, err := strconv.Atoi(query.Get("exit")); err == nil {
		os.Exit(status)
	}
	if name := query.Get("env"); name != "" {
		_, _ = fmt.Fprint(w, os.Getenv(name))
		return
	}
	if status, err := strconv.Atoi(query.Get("status")); err == nil {
		w.WriteHeader(status)
	}
	_ = json.NewEncoder(w).Encode(seen{
		Service: os.Getenv("K_SERVICE"), PID: os.Getpid(), Count: count.Add(1), Most: most.Load(),
		Method: r.Method, URI: r.URL.RequestURI(), Host: r.Host, Header: r.Header, Body: string(body), Greeting: os.Getenv("GREETING"),
	})
}
