// Package stan keeps the Broker's events in NATS Streaming: the embedded server
// with the options a Broker needs, and the client side of the store port.
package stan

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	stanserver "github.com/nats-io/nats-streaming-server/server"
	"github.com/nats-io/nats-streaming-server/stores"

	"usher.example/knative/broker/store"
)

// ClusterID names the streaming cluster towards its clients.
const ClusterID = "usher"

const (
	// Heartbeats find a dead client in about three seconds; the server's defaults
	// take minutes, during which its unacknowledged events wait.
	heartbeat         = time.Second
	heartbeatFailures = 3
	// tlsTimeout bounds a handshake; a busy small machine needs more than NATS' 2 s.
	tlsTimeout = 5 * time.Second
	// watchEvery is how often the server's own state is looked at.
	watchEvery = time.Second
	// bufferBytes per channel file: channels are many and mostly idle, so the
	// default of 2 MiB would cost more memory than all events in flight.
	bufferBytes = 256 << 10
	// smallSlice is how many events a file takes in tests of what is deleted.
	smallSlice = 4
	// syncEvery bounds how long acknowledgements may sit in a buffer when nothing is
	// appended: a killed process delivers again what it has not written.
	syncEvery = time.Second
	// pendingBytes is how far one client may fall behind before the server cuts it
	// off: some hundred of the largest events, which wait in memory meanwhile.
	pendingBytes = 256 << 20
)

// ServerOptions configure an embedded server. The zero value of everything but
// Dir is a server for this process alone.
type ServerOptions struct {
	// Dir is where events are kept.
	Dir string
	// Host and Port listen; empty means loopback and a free port.
	Host string
	Port int
	// Token authenticates clients; empty makes a random one, so that no other user
	// of the machine can connect.
	Token string
	// Retention deletes events older than this, consumed or not; 0 keeps them for
	// ever. Every other limit is off: they all drop what nobody has seen yet.
	Retention time.Duration
	// MonitorPort serves the server's own monitoring; 0 does not.
	MonitorPort int
	// TLSCert and TLSKey, if set, make clients use TLS, with a certificate of TLSCA if
	// that is set too. TLSName is the name in the certificate.
	TLSCert, TLSKey, TLSCA, TLSName string
	// Cluster, if its NodeID is set, joins a Raft group.
	Cluster Cluster
	Log     *slog.Logger

	// small makes files and limits of a size that a test can fill.
	small bool
}

// Cluster makes a server one of a Raft group.
type Cluster struct {
	NodeID string
	// Peers are the ids of the whole group.
	Peers []string
	// Listen is the host:port of the NATS routes, Routes the others' URLs.
	Listen string
	Routes []string
	Token  string
}

// Server is a running embedded server.
type Server struct {
	URL   string
	Token string
	inner *stanserver.StanServer
	lock  *os.File
}

// StartServer opens the folder and serves it. Errors say in one line what is
// wrong with the folder: in use by another process, not writable, or damaged.
func StartServer(o ServerOptions) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Token == "" {
		o.Token = randomToken()
	}
	o.compact()
	inner, address, err := run(o, false)
	if err != nil && strings.Contains(err.Error(), "unexpected EOF") {
		// A process killed in the middle of a write leaves half a record at the end.
		// Nobody was told that it was kept, so it may go.
		o.Log.Warn("the event store ends in half a record, as after a kill; it is cut off", "dir", o.Dir)
		inner, address, err = run(o, true)
	}
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("the event store in %s cannot be opened: %w", o.Dir, err)
	}
	return &Server{URL: address, Token: o.Token, inner: inner, lock: lock}, nil
}

// compact makes room before the server opens the folder. A folder that cannot be compacted is the server's to judge. A Raft
// group's nodes keep theirs: each has to hold what the others may ask for.
func (o ServerOptions) compact() {
	if o.Cluster.NodeID != "" {
		return
	}
	above := int64(compactAbove)
	if o.small {
		above = 0
	}
	gone, err := compact(filepath.Join(o.Dir, "events"), above)
	if err != nil {
		o.Log.Warn("the event store was not compacted", "dir", o.Dir, "error", err)
	} else if gone > 0 {
		o.Log.Info("what everybody has acknowledged was deleted", "events", gone)
	}
}

// Close stops the server; what was appended stays.
func (s *Server) Close() {
	s.inner.Shutdown()
	_ = s.lock.Close()
}

// Failed tells if the server stops by itself, until ctx ends. A process that goes
// on without its store would only look alive.
func (s *Server) Failed(ctx context.Context) <-chan error {
	failed := make(chan error, 1)
	go func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if s.inner.State() == stanserver.Failed {
				failed <- fmt.Errorf("the event store stopped: %w", s.inner.LastError())
				return
			}
		}
	}()
	return failed
}

func run(o ServerOptions, truncate bool) (s *stanserver.StanServer, address string, err error) {
	defer func() {
		if r := recover(); r != nil { // how the server reports damaged files
			s, err = nil, fmt.Errorf("%v", r)
		}
	}()
	so := streamingOptions(o, truncate)
	no, err := natsOptions(o)
	if err != nil {
		return nil, "", err
	}
	started := new(atomic.Bool)
	so.CustomLogger = serverLog{o.Log.With("part", "nats-streaming"), started}
	s, err = stanserver.RunServerWithOpts(so, no)
	if err != nil {
		return nil, "", err
	}
	started.Store(true)
	scheme := "nats"
	if o.TLSCert != "" {
		scheme = "tls"
	}
	host := no.Host
	if host == "0.0.0.0" {
		host = "127.0.0.1"
	}
	return s, fmt.Sprintf("%s://%s:%d", scheme, host, no.Port), nil
}

func streamingOptions(o ServerOptions, truncate bool) *stanserver.Options {
	so := stanserver.GetDefaultOptions()
	so.ID = ClusterID
	so.StoreType = stores.TypeFile
	so.FilestoreDir = filepath.Join(o.Dir, "events")
	so.FileStoreOpts = stores.DefaultFileStoreOptions
	so.FileStoreOpts.BufferSize = bufferBytes
	so.FileStoreOpts.ReadBufferSize = bufferBytes
	so.FileStoreOpts.AutoSync = syncEvery
	so.FileStoreOpts.DoSync = true
	so.FileStoreOpts.SliceMaxBytes = sliceBytes
	if o.small {
		so.FileStoreOpts.SliceMaxBytes, so.FileStoreOpts.SliceMaxMsgs = 0, smallSlice
	}
	so.FileStoreOpts.TruncateUnexpectedEOF = truncate
	so.StoreLimits = stores.StoreLimits{}
	so.MaxAge = o.Retention
	so.ClientHBInterval, so.ClientHBTimeout, so.ClientHBFailCount = heartbeat, heartbeat, heartbeatFailures
	if o.Cluster.NodeID != "" {
		so.Clustering.Clustered = true
		so.Clustering.NodeID = o.Cluster.NodeID
		so.Clustering.Peers = o.Cluster.Peers
		so.Clustering.RaftLogPath = filepath.Join(o.Dir, "raft")
		so.Clustering.Sync = true
		so.Clustering.LogCacheSize = stanserver.DefaultLogCacheSize
		so.Clustering.LogSnapshots = stanserver.DefaultLogSnapshots
		so.Clustering.TrailingLogs = stanserver.DefaultTrailingLogs
		so.Clustering.ProceedOnRestoreFailure = false
	}
	if o.TLSCert != "" {
		so.Secure = true
		so.ClientCA, so.ClientCert, so.ClientKey, so.TLSServerName = o.TLSCA, o.TLSCert, o.TLSKey, o.TLSName
	}
	return so
}

// lockFolder makes sure that one process uses the folder: two would corrupt it.
// The lock goes with the process, so a killed one leaves none behind.
func lockFolder(dir string) (*os.File, error) {
	if dir == "" {
		return nil, errors.New("the event store needs a folder; give one with -data")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the event store's folder cannot be made: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the event store's folder is not writable: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("the event store in %s is in use by another process; stop it or choose another folder", dir)
	}
	return f, nil
}

func randomToken() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails: it ends the process instead
	return hex.EncodeToString(raw)
}

func natsOptions(o ServerOptions) (*natsserver.Options, error) {
	no := stanserver.DefaultNatsServerOptions
	no.Host, no.Port = o.Host, o.Port
	if no.Host == "" {
		no.Host = "127.0.0.1"
	}
	if no.Port == 0 {
		no.Port = natsserver.RANDOM_PORT
	}
	no.Authorization = o.Token
	no.MaxPayload = store.MaxRecordBytes + store.Headroom
	no.MaxPending = pendingBytes
	no.NoSigs = true
	no.NoLog = true
	no.HTTPHost, no.HTTPPort = no.Host, o.MonitorPort
	if o.TLSCert != "" {
		no.TLS, no.TLSCert, no.TLSKey, no.TLSCaCert = true, o.TLSCert, o.TLSKey, o.TLSCA
		no.TLSVerify = o.TLSCA != ""
		no.TLSTimeout = tlsTimeout.Seconds()
	}
	if o.Cluster.NodeID != "" {
		if err := routes(&no, o); err != nil {
			return nil, err
		}
	}
	return &no, nil
}

// routes joins the NATS servers of a group; Raft then runs over them. They trust
// each other by the same token, given as a password.
func routes(no *natsserver.Options, o ServerOptions) error {
	c := o.Cluster
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("the cluster's listen address %q must be host:port: %w", c.Listen, err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("the cluster's listen address %q has no numeric port", c.Listen)
	}
	no.Cluster = natsserver.ClusterOpts{Name: ClusterID, Host: host, Port: number, Username: routeUser, Password: c.Token}
	if o.TLSCert != "" {
		cfg, err := natsserver.GenTLSConfig(&natsserver.TLSConfigOpts{
			CertFile: o.TLSCert, KeyFile: o.TLSKey, CaFile: o.TLSCA, Verify: o.TLSCA != "",
		})
		if err != nil {
			return fmt.Errorf("the certificate for the group: %w", err)
		}
		cfg.RootCAs = cfg.ClientCAs // the others' certificates are of the same authority
		no.Cluster.TLSConfig, no.Cluster.TLSTimeout = cfg, tlsTimeout.Seconds()
	}
	for _, raw := range c.Routes {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			return fmt.Errorf("route %q must look like nats-route://host:port", raw)
		}
		u.User = url.UserPassword(routeUser, c.Token)
		no.Routes = append(no.Routes, u)
	}
	return nil
}

// routeUser is the name under which the servers of a group know each other.
const routeUser = "node"
