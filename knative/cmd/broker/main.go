// Command broker is the whole Broker in one process, for a laptop: an embedded
// NATS Streaming server on a folder, ingress, dispatcher and dead letters.
//
//	broker -addr 127.0.0.1:8090 -data ./data -contract ./contract.json
//
// SIGTERM finishes the deliveries under way and closes. SIGKILL loses nothing that
// was answered with 202.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"runtime/debug"
	"time"

	"usher.example/knative/broker/dataplane"
	"usher.example/knative/broker/stan"
)

// gcPercent trades a little time for a small resident size: most of the heap are
// events on their way, which soon are garbage.
const gcPercent = 50

type options struct {
	addr, data, contract, signingKey, logFormat, logLevel string
	drain, retention                                      time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "127.0.0.1:8090", "address to listen on")
	flag.StringVar(&o.data, "data", "", "folder that events are kept in (required)")
	flag.StringVar(&o.contract, "contract", "", "contract file: the Brokers and Triggers to serve (required)")
	flag.StringVar(&o.signingKey, "signing-key-file", "", "Ed25519 key that signs deliveries to subscribers who state an audience")
	flag.StringVar(&o.logFormat, "log", "text", "log format: text or json")
	flag.StringVar(&o.logLevel, "log-level", "info", "least level to log: debug, info, warn or error")
	flag.DurationVar(&o.drain, "drain", dataplane.DefaultDrain, "how long SIGTERM waits for deliveries under way")
	flag.DurationVar(&o.retention, "retention", 0, "delete events older than this, delivered or not (0 keeps all)")
	flag.Parse()
	debug.SetGCPercent(gcPercent)
	dataplane.Main("broker", o.run)
}

func (o options) run(ctx context.Context, logs io.Writer) error {
	if o.data == "" || o.contract == "" {
		return errors.New("-data and -contract are required")
	}
	log, err := dataplane.NewLog(logs, o.logFormat, o.logLevel)
	if err != nil {
		return err
	}
	server, err := stan.StartServer(stan.ServerOptions{Dir: o.data, Retention: o.retention, Log: log})
	if err != nil {
		return err
	}
	defer server.Close()
	// The same id at each start: the server then hands what the last process left
	// over at once, instead of waiting for it to miss heartbeats.
	client := stan.NewClient(stan.Config{
		URL: server.URL, Token: server.Token, ClientID: "broker", ExclusiveID: "broker-ordered", Log: log,
	})
	defer client.Close()
	return dataplane.Process{
		Roles: dataplane.Roles{Ingress: true, Dispatcher: true}, Store: client,
		Addr: o.addr, Contract: o.contract, SigningKey: o.signingKey, Drain: o.drain, Log: log, Failed: server.Failed(ctx),
	}.Run(ctx)
}
