// Command dynamodb serves a DynamoDB-compatible store from one file on a loopback address.
//
//	dynamodb -addr 127.0.0.1:8000 -data tables.db
//
// GET / answers "healthy: dynamodb" once it is ready, GET /_usher/consumed what has been consumed since. SIGTERM and
// SIGINT let the requests under way finish and close the file; the command then exits with 0. Anything it cannot start
// with is one line on stderr and exit 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"usher.example/knative/dynamodb"
)

const (
	// Loopback clients are quick; one that hangs must not hold a connection. Idle ones may stay.
	readHeaderTimeout = 5 * time.Second
	bodyTimeout       = 30 * time.Second // to send 16 MB, and to take it

	shutdownTimeout = 10 * time.Second // requests take milliseconds; longer means a client that does not read
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "dynamodb:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("dynamodb", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8000", "`address` to listen on")
	data := flags.String("data", "", "`file` that holds the tables; made if it does not exist (required)")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp // the flag set has said why
	}
	if *data == "" || flags.NArg() > 0 {
		return errors.New("-data FILE is required, and nothing besides flags")
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	store, err := dynamodb.Open(*data, dynamodb.Options{})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return errors.Join(serve(ctx, listener, store), store.Close())
}

// serve answers requests until ctx ends, and then until those under way are answered.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: bodyTimeout, WriteTimeout: 2 * bodyTimeout}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Printf("listening on %s\n", listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
