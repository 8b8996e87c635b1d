package dataplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	// Limits on clients: headers must come soon and small; an idle connection is
	// kept, as senders come back.
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Server is a bound HTTP server.
type Server struct {
	http   *http.Server
	listen net.Listener
	failed chan error
}

// Listen binds addr and serves h. The error says that the address cannot be had.
func Listen(addr string, h http.Handler) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	s := &Server{listen: l, failed: make(chan error, 1), http: &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
	}}
	go func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return s, nil
}

// Addr is the address that was bound.
func (s *Server) Addr() string { return s.listen.Addr().String() }

// Failed tells why serving ended by itself.
func (s *Server) Failed() <-chan error { return s.failed }

// Shutdown takes no more requests and waits for those under way until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }
