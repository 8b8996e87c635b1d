// Command stripe runs the Stripe test double: Stripe's API for card payments on a
// laptop, with test cards only, a ledger for tests, and signed webhooks.
//
//	stripe -addr 127.0.0.1:12111 -data stripe.db -webhook http://127.0.0.1:8080/api/payments/webhook
//
// It is never Stripe: it takes no live key, and does not start where a real one is
// configured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"usher.example/knative/stripe"
)

// Environment variables that hold what should not be in a list of processes.
const (
	envSecretKey     = "STRIPE_DOUBLE_SECRET_KEY"
	envPublicKey     = "STRIPE_DOUBLE_PUBLISHABLE_KEY"
	envWebhookSecret = "STRIPE_WEBHOOK_SECRET"
	envRealKey       = "STRIPE_SECRET_KEY"
)

// Limits of the server: callers are close by, so a slow header is a broken caller;
// a stop waits for the calls that are being answered.
const (
	headerWait = 5 * time.Second
	idleWait   = 2 * time.Minute
	stopWait   = 5 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "stripe test double:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. Errors say what to change.
func run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	config, addr, err := configure(args, env, out)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = listener.Close() }()
	if config.PublicURL == "" {
		config.PublicURL = "http://" + listener.Addr().String()
	}
	double, err := stripe.Open(config)
	if err != nil {
		return err
	}
	config.Log.Info("this is a Stripe test double, not Stripe: no money moves", "addr", listener.Addr().String(), "page", config.PublicURL, "webhook", config.WebhookURL)
	return errors.Join(serve(ctx, listener, double), double.Close())
}

func configure(args []string, env func(string) string, out io.Writer) (stripe.Config, string, error) {
	flags := flag.NewFlagSet("stripe", flag.ContinueOnError)
	flags.SetOutput(out)
	var config stripe.Config
	addr := flags.String("addr", "127.0.0.1:12111", "`address` to listen on; port 0 chooses a free one")
	flags.StringVar(&config.Data, "data", "", "`file` that keeps the state (required)")
	flags.StringVar(&config.WebhookURL, "webhook", "", "`URL` that is told of events; empty: nobody is")
	events := flags.String("webhook-events", "", "comma-separated event `types` that are sent; empty: all")
	flags.StringVar(&config.WebhookSecret, "webhook-secret", "", "secret (whsec_…) that signs webhooks; better given as "+envWebhookSecret)
	flags.StringVar(&config.SecretKey, "api-key", "", "secret key (sk_test_…) that callers must send; better given as "+envSecretKey+" (default "+stripe.DefaultSecretKey+")")
	flags.StringVar(&config.PublicKey, "publishable-key", "", "publishable key (pk_test_…) of browsers, or "+envPublicKey+" (default: the secret key with pk_ for sk_)")
	flags.StringVar(&config.PublicURL, "public-url", "", "`URL` at which browsers reach the bank's page (default: the address listened on)")
	minimum := flags.Bool("minimum", false, "hold payments to Stripe's minimum charge, such as 0.50 usd; without it small prices can be tried")
	if err := flags.Parse(args); err != nil {
		return config, "", err
	}
	config.AnyAmount = !*minimum
	if flags.NArg() > 0 {
		return config, "", fmt.Errorf("unexpected argument %q; -help lists the flags", flags.Arg(0))
	}
	if config.Data == "" {
		return config, "", errors.New("say where the state is kept: -data FILE")
	}
	for _, from := range []struct {
		to   *string
		name string
	}{{&config.SecretKey, envSecretKey}, {&config.PublicKey, envPublicKey}, {&config.WebhookSecret, envWebhookSecret}} {
		if *from.to == "" {
			*from.to = env(from.name)
		}
	}
	if config.SecretKey == "" {
		config.SecretKey = stripe.DefaultSecretKey
	}
	// Whoever has a real key wants Stripe: payments must not end here unnoticed.
	if configured := env(envRealKey); configured != "" && configured != config.SecretKey {
		return config, "", fmt.Errorf("%s is set to a key that is not the test double's own: unset it to use the double, or start the application against Stripe instead", envRealKey)
	}
	if *events != "" {
		config.WebhookEvents = strings.Split(*events, ",")
	}
	config.Log = slog.New(slog.NewTextHandler(out, nil))
	return config, *addr, nil
}

func serve(ctx context.Context, listener net.Listener, double *stripe.Double) error {
	server := &http.Server{Handler: double.Handler(), ReadHeaderTimeout: headerWait, IdleTimeout: idleWait}
	running, stop := context.WithCancel(ctx)
	defer stop()
	sent := make(chan struct{})
	go func() {
		double.Run(running)
		close(sent)
	}()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		double.Release()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
		err = server.Shutdown(ending)
		cancel()
	}
	stop()
	<-sent
	return err
}
