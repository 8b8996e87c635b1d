// Command broker-dispatcher delivers the events of the cluster's event store to the
// subscribers of the Triggers. Any number of them share the work.
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
	if err := o.Run(ctx, "dispatcher", dataplane.Roles{Dispatcher: true}, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "broker-dispatcher:", err)
		os.Exit(1)
	}
}
