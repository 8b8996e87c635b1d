// Command broker-stan is the Broker's NATS Streaming server with the options a
// Broker needs: synced file store, no limits that drop, quick heartbeats. In a
// cluster it runs as a StatefulSet, alone or as a Raft group of three.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"usher.example/knative/broker/dataplane"
	"usher.example/knative/broker/stan"
)

type options struct {
	host, data, tokenFile, cert, key, ca, name, logFormat, logLevel string
	port, monitor                                                   int
	retention                                                       time.Duration
	node, peers, clusterListen, routes                              string
}

func main() {
	var o options
	flag.StringVar(&o.host, "host", "0.0.0.0", "address to listen on; a NetworkPolicy has to keep strangers away")
	flag.IntVar(&o.port, "port", 4222, "port to listen on")
	flag.IntVar(&o.monitor, "monitor-port", 8222, "port of the server's monitoring and health (0 is off)")
	flag.StringVar(&o.data, "data", "/data", "folder that events are kept in")
	flag.StringVar(&o.tokenFile, "token-file", "", "file that holds the token clients must give (required)")
	flag.StringVar(&o.cert, "cert-file", "", "server certificate; with it clients must use TLS")
	flag.StringVar(&o.key, "key-file", "", "key of the server certificate")
	flag.StringVar(&o.ca, "ca-file", "", "authority of client certificates")
	flag.StringVar(&o.name, "tls-name", "", "name in the server certificate, for the server's own connections")
	flag.DurationVar(&o.retention, "retention", 0, "delete events older than this, delivered or not (0 keeps all)")
	flag.StringVar(&o.node, "node", "", "this node's id in a Raft group, one of -peers")
	flag.StringVar(&o.peers, "peers", "", "ids of the whole group, separated by commas")
	flag.StringVar(&o.clusterListen, "cluster-listen", "0.0.0.0:6222", "host:port for the group's other nodes")
	flag.StringVar(&o.routes, "routes", "", "the other nodes' URLs, nats-route://host:port, separated by commas")
	flag.StringVar(&o.logFormat, "log", "json", "log format: text or json")
	flag.StringVar(&o.logLevel, "log-level", "info", "least level to log: debug, info, warn or error")
	flag.Parse()
	dataplane.Main("broker-stan", o.run)
}

func (o options) run(ctx context.Context, logs io.Writer) error {
	log, err := dataplane.NewLog(logs, o.logFormat, o.logLevel)
	if err != nil {
		return err
	}
	if o.tokenFile == "" {
		return errors.New("-token-file is required: without a token anybody could read every event")
	}
	raw, err := os.ReadFile(o.tokenFile)
	if err != nil {
		return fmt.Errorf("the token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if token == "" {
		return fmt.Errorf("the token in %s is empty", o.tokenFile)
	}
	so := stan.ServerOptions{
		Dir: o.data, Host: o.host, Port: o.port, MonitorPort: o.monitor, Token: token, Retention: o.retention,
		TLSCert: o.cert, TLSKey: o.key, TLSCA: o.ca, TLSName: o.name, Log: log,
	}
	if o.node != "" {
		so.Cluster = stan.Cluster{NodeID: o.node, Peers: list(o.peers), Listen: o.clusterListen, Routes: list(o.routes), Token: token}
	}
	server, err := stan.StartServer(so)
	if err != nil {
		return err
	}
	defer server.Close()
	log.Info("event store listening", "url", server.URL, "data", o.data, "node", o.node)
	select {
	case <-ctx.Done():
		log.Info("event store stopping")
		return nil
	case err := <-server.Failed(ctx):
		return err
	}
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
