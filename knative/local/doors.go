package local

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"usher.example/knative/local/activator"
	"usher.example/knative/local/state"
)

const (
	// headerTimeout and idleTimeout free connections of who says nothing; maxHeader bounds a request's headers, in bytes.
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	// portWait is how long a port may still be held by a predecessor that was killed a moment ago.
	portWait  = 300 * time.Millisecond
	portPause = 10 * time.Millisecond
)

// doors are the two listeners: one for people, one for functions and the Broker.
type doors struct {
	url              string // where people reach the system
	address          string // the same as host:port
	public, internal *http.Server
	handler          atomic.Pointer[http.Handler] // of the public door
	inside           atomic.Pointer[http.Handler] // of the internal door
}

// lead makes the public door lead to h.
func (d *doors) lead(h http.Handler) { d.handler.Store(&h) }

// leadInside makes the internal door lead to h.
func (d *doors) leadInside(h http.Handler) { d.inside.Store(&h) }

func behind(p *atomic.Pointer[http.Handler]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*p.Load()).ServeHTTP(w, r) })
}

// open opens both doors. Until the system is ready they answer 503.
func (s *system) open() error {
	public, err := listen(s.Host, s.Port)
	if err != nil {
		return err
	}
	starting := http.Handler(http.HandlerFunc(activator.Starting))
	s.doors.handler.Store(&starting)
	s.doors.inside.Store(&starting)
	s.doors.address = reachable(public.Addr())
	s.doors.url = "http://" + s.doors.address
	s.doors.public = serve(public, behind(&s.doors.handler), logTo(s.out))
	if s.addresses.functions, err = s.ports.Named("functions"); err != nil {
		return err
	}
	internal, err := net.Listen("tcp", s.addresses.functions)
	if err != nil {
		return fmt.Errorf("listen for functions: %w", err)
	}
	s.doors.internal = serve(internal, behind(&s.doors.inside), logTo(s.out))
	return s.folder.Hold(state.Holder{PID: os.Getpid(), Address: s.doors.url})
}

func listen(host string, port int) (net.Listener, error) {
	for begin := time.Now(); ; time.Sleep(portPause) {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		switch {
		case err == nil:
			return l, nil
		case errors.Is(err, syscall.EADDRINUSE) && time.Since(begin) < portWait:
		case errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("PORT: %d is in use; stop what uses it, or set PORT to another, such as %d", port, port%65535+1)
		case errors.Is(err, syscall.EACCES):
			return nil, fmt.Errorf("PORT: %d may not be listened on by you; set PORT to one above 1023", port)
		default:
			return nil, fmt.Errorf("HOST: %q cannot be listened on: %w", host, err)
		}
	}
}

// reachable is where this machine reaches what listens at a; all addresses include the loopback one.
func reachable(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort(defaultHost, strconv.Itoa(tcp.Port))
}

func serve(l net.Listener, h http.Handler, errors *log.Logger) *http.Server {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: errors,
	}
	go func() { _ = server.Serve(l) }() // ends by Shutdown or Close
	return server
}

// drain closes the public door, and waits for the requests that came through it.
func (d *doors) drain(limit time.Duration) {
	if d.public == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if d.public.Shutdown(ctx) != nil {
		_ = d.public.Close() // they had their time
	}
}

func (d *doors) close() {
	if d.internal != nil {
		_ = d.internal.Close() // nobody is left to answer
	}
}
