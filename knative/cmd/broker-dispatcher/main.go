// Command broker-dispatcher delivers the events of the cluster's event store to the
// subscribers of the Triggers. Any number of them share the work.
package main

import (
	"context"
	"flag"
	"io"

	"usher.example/knative/broker/dataplane"
)

func main() {
	var o dataplane.Remote
	o.Flags(flag.CommandLine)
	flag.Parse()
	dataplane.Main("broker-dispatcher", func(ctx context.Context, logs io.Writer) error {
		return o.Run(ctx, "dispatcher", dataplane.Roles{Dispatcher: true}, logs)
	})
}
