package dataplane

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Main is the frame of every command of the data plane: run gets a context that ends with SIGTERM or Ctrl-C, and the stream
// for its log; an error is said in one line, under the command's name, and is exit code 1.
func Main(name string, run func(ctx context.Context, logs io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
