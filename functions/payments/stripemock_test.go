package payments

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"usher.example/events"
)

// Stripe's own mock server holds every request of ours to Stripe's published description: an unknown parameter, a missing
// one or one of the wrong type is refused. STRIPE_MOCK names its binary; make test builds it.
func TestStripeTakesOurRequests(t *testing.T) {
	binary := os.Getenv("STRIPE_MOCK")
	if binary == "" {
		t.Skip("STRIPE_MOCK does not name stripe-mock's binary: run make test, or make .build/stripe-mock")
	}
	settings := map[string]string{"STRIPE_SECRET_KEY": "sk_test_123", "STRIPE_API_URL": startMock(t, binary), "PUBLIC_URL": "https://usher.example"}
	provider, err := newStripe(func(name string) string { return settings[name] }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	o := Order{ID: "0198c0de-8b22-7d4f-8e9c-3a7b5f2c8da1", TicketID: "0198c0de-7a11-7c3e-9d8b-2f6a4e1b7c90", Title: "Front row", Price: events.Money{Amount: 4200, Currency: "USD"}}
	for name, call := range map[string]func() error{
		"Open": func() error { _, err := provider.Open(ctx, o); return err },
		"Get":  func() error { _, err := provider.Get(ctx, "pi_123"); return err },
		"Confirm": func() error {
			_, err := provider.Confirm(ctx, Intent{ID: "pi_123", OrderID: "1"}, "pm_card_visa", "key-confirm")
			return err
		},
		"Capture": func() error { _, err := provider.Capture(ctx, "pi_123", "key-capture"); return err },
		"Cancel":  func() error { _, err := provider.Cancel(ctx, "pi_123", "key-cancel"); return err },
		"Refund":  func() error { _, err := provider.Refund(ctx, "pi_123", "key-refund"); return err },
		"Authorised": func() error {
			_, err := provider.Authorised(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := call(); err != nil {
				t.Error(err)
			}
		})
	}
}

// startMock runs stripe-mock until the test ends, and returns its address.
func startMock(t *testing.T, binary string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(binary, "-http-addr", address, "-https-addr", "127.0.0.1:0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(fmt.Sprintf("http://%s/", address))
		if err == nil {
			_ = resp.Body.Close()
			return "http://" + address
		}
	}
	t.Fatal("stripe-mock does not answer")
	return ""
}
