package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigure(t *testing.T) {
	env := func(values map[string]string) func(string) string {
		return func(name string) string { return values[name] }
	}
	t.Run("TakesSecretsFromTheEnvironment", func(t *testing.T) {
		config, addr, err := configure(
			[]string{"-addr", "127.0.0.1:0", "-data", "x.db", "-webhook-events", "payment_intent.succeeded,charge.refunded"},
			env(map[string]string{envSecretKey: "sk_test_1", envPublicKey: "pk_test_1", envWebhookSecret: "whsec_1", envRealKey: "sk_test_1"}), &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		if addr != "127.0.0.1:0" || config.SecretKey != "sk_test_1" || config.PublicKey != "pk_test_1" || config.WebhookSecret != "whsec_1" || len(config.WebhookEvents) != 2 {
			t.Fatalf("%+v at %s", config, addr)
		}
	})
	for _, test := range []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{"NoData", nil, nil, "-data"},
		{"Argument", []string{"-data", "x", "y"}, nil, `unexpected argument "y"`},
		{"Flag", []string{"-nothing"}, nil, "-nothing"},
		{"RealKey", []string{"-data", "x"}, map[string]string{envRealKey: "sk_test_51Real"}, "STRIPE_SECRET_KEY is set"},
		{"LiveKeyInTheEnvironment", []string{"-data", "x"}, map[string]string{envRealKey: "sk_live_1"}, "STRIPE_SECRET_KEY is set"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, _, err := configure(test.args, env(test.env), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v; want an error about %s", err, test.want)
			}
		})
	}
	t.Run("Help", func(t *testing.T) {
		var out bytes.Buffer
		if _, _, err := configure([]string{"-help"}, env(nil), &out); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "-webhook-secret") {
			t.Fatalf("%v: %s", err, out.String())
		}
	})
}

func TestRunRefuses(t *testing.T) {
	data := filepath.Join(t.TempDir(), "stripe.db")
	nothing := func(string) string { return "" }
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"LiveKey", []string{"-data", data, "-addr", "127.0.0.1:0", "-api-key", "sk_live_1"}, "live key"},
		{"Address", []string{"-data", data, "-addr", "127.0.0.1:99999"}, "listen"},
		{"WebhookWithoutSecret", []string{"-data", data, "-addr", "127.0.0.1:0", "-webhook", "http://127.0.0.1:1/"}, "whsec_"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := run(context.Background(), test.args, nothing, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v; want an error about %s", err, test.want)
			}
		})
	}
}
