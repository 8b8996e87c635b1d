// Command local runs the whole system on this machine, from the manifests that a cluster gets: it needs Go, and neither
// containers nor a cluster. -help lists what can be set. Ctrl-C stops everything it started.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"usher.example/knative/local"
	"usher.example/knative/local/console"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ctx, stop := context.WithCancel(context.Background())
	kill := make(chan struct{})
	go func() {
		<-signals
		stop()
		<-signals
		close(kill)
	}()
	err := run(ctx, kill)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run reads the settings and runs the system until ctx ends.
func run(ctx context.Context, kill <-chan struct{}) error {
	settings, err := local.ParseSettings(os.Args[1:], os.Getenv, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return local.Run(ctx, kill, settings, console.New(os.Stdout, os.Getenv))
}
