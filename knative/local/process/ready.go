package process

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// A program that is starting is looked at again after a part of the time it has taken so far: so nobody waits much
	// longer than it takes, and slow ones do not lose time to being looked at. A function is up after some 5 ms, and a
	// look costs some 50 µs.
	probePart  = 8
	probePause = time.Millisecond
	slowPause  = 20 * time.Millisecond
	// probeAnswer bounds what is read of a probe's answer, in bytes.
	probeAnswer = 64 << 10
)

// Ready waits until the program accepts connections at its address and, with a path, answers GET there with 2xx. client
// asks; if it keeps its connection, the first request need not open one. It fails when the program ends or ctx does.
func (p *Process) Ready(ctx context.Context, client *http.Client, path string) error {
	begin := time.Now()
	timer := time.NewTimer(probePause)
	defer timer.Stop()
	for {
		err := p.probe(ctx, client, path)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s did not start: %w", p.Name, p.Failure())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready after %v: %w", p.Name, time.Since(begin).Round(time.Millisecond), err)
		case <-timer.C:
		}
		timer.Reset(min(max(time.Since(begin)/probePart, probePause), slowPause))
	}
}

func (p *Process) probe(ctx context.Context, client *http.Client, path string) error {
	if path == "" {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.Address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Address+path, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()                           // read only
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, probeAnswer)) // so that the connection can be used again
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return nil
}
