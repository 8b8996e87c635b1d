// Command gateway is the one public address: it serves the web client and passes /api to the functions that state a route.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"usher.example/ui/edge"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := edge.Run(ctx, os.Getenv, os.Stderr); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
