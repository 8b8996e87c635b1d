// Command tables creates the tables of every service that do not exist yet. It is run as a Job when the system is
// deployed, and running it again changes nothing.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"usher.example/functions/expiration"
	"usher.example/functions/notifications"
	"usher.example/functions/orders"
	"usher.example/functions/payments"
	"usher.example/functions/tickets"
	"usher.example/functions/users"
	"usher.example/shared/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := store.FromEnv(os.Getenv)
	if err != nil {
		return err
	}
	return s.EnsureTables(ctx, users.Schema, users.Accounts, tickets.Schema, tickets.Attachments, tickets.Listings, orders.Schema, payments.Schema, expiration.Schema, notifications.Schema)
}
