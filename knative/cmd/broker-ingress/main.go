// Command broker-ingress accepts events over HTTP and appends them to the cluster's event
// store: the Broker's front in a cluster.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"usher.example/knative/broker/dataplane"
)

func main() {
	var o dataplane.Remote
	o.Flags(flag.CommandLine)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := o.Run(ctx, "ingress", dataplane.Roles{Ingress: true}, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "broker-ingress:", err)
		os.Exit(1)
	}
}
