// Command broker-ingress accepts events over HTTP and appends them to the cluster's event
// store: the Broker's front in a cluster.
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
	dataplane.Main("broker-ingress", func(ctx context.Context, logs io.Writer) error {
		return o.Run(ctx, "ingress", dataplane.Roles{Ingress: true}, logs)
	})
}
