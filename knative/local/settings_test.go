package local

import (
	"errors"
	"flag"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseSettings(t *testing.T) {
	env := map[string]string{}
	getenv := func(name string) string { return env[name] }
	t.Run("Defaults", func(t *testing.T) {
		s, err := ParseSettings(nil, getenv, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		data, err := filepath.Abs(".usher")
		if err != nil {
			t.Fatal(err)
		}
		if want := (Settings{Host: "127.0.0.1", Port: 8080, Data: data, OrderTTL: "15m", MaxHolds: "4", MaxReservations: "30"}); !reflect.DeepEqual(s, want) {
			t.Errorf("got %+v, want %+v", s, want)
		}
	})
	t.Run("FlagBeforeEnvironment", func(t *testing.T) {
		env = map[string]string{"PORT": "1", "IDLE": "5s", "ORDER_TTL": "1m"}
		s, err := ParseSettings([]string{"-port", "2"}, getenv, io.Discard)
		if err != nil || s.Port != 2 || s.Idle != 5*time.Second || s.OrderTTL != "1m" {
			t.Errorf("got %+v, %v", s, err)
		}
	})
	t.Run("HelpListsAll", func(t *testing.T) {
		var out strings.Builder
		if _, err := ParseSettings([]string{"-help"}, getenv, &out); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("error %v", err)
		}
		for _, one := range all {
			if !strings.Contains(out.String(), one.env) || !strings.Contains(out.String(), "-"+one.flag) {
				t.Errorf("%s is not in\n%s", one.env, out.String())
			}
		}
	})
}

func TestParseSettingsRefuses(t *testing.T) {
	for _, tt := range []struct{ name, env, want string }{
		{"PortIsText", "PORT=web", "PORT"},
		{"PortTooHigh", "PORT=65536", "PORT"},
		{"HostIsURL", "HOST=http://x", "HOST"},
		{"HostHasPort", "HOST=127.0.0.1:80", "HOST"},
		{"TTLIsNumber", "ORDER_TTL=15", "ORDER_TTL"},
		{"TTLIsNegative", "ORDER_TTL=-1m", "ORDER_TTL"},
		{"NoHolds", "MAX_HOLDS=0", "from 1 to 100"},
		{"HoldsAreText", "MAX_HOLDS=four", "MAX_HOLDS"},
		{"NegativeReservations", "MAX_RESERVATIONS=-1", "from 0 to 100"},
		{"TooManyReservations", "MAX_RESERVATIONS=101", "MAX_RESERVATIONS"},
		{"NoPriceCap", "PRICE_CAP_PERCENT=0", "from 1 to 10000"},
		{"PriceCapWithSign", "PRICE_CAP_PERCENT=120%", "PRICE_CAP_PERCENT"},
		{"IdleIsZero", "IDLE=0s", "IDLE"},
		{"IdleIsEndless", "IDLE=1000h", "IDLE"},
		{"LiveKey", "STRIPE_SECRET_KEY=sk_live_x STRIPE_PUBLISHABLE_KEY=pk_test_x", "would charge real cards"},
		{"NoKey", "STRIPE_SECRET_KEY=secret", "sk_test_"},
		{"KeyAlone", "STRIPE_SECRET_KEY=sk_test_x", "STRIPE_PUBLISHABLE_KEY"},
		{"PublishableAlone", "STRIPE_PUBLISHABLE_KEY=pk_test_x", "STRIPE_SECRET_KEY"},
		{"SwappedKeys", "STRIPE_SECRET_KEY=pk_test_x", "sk_test_"},
		{"MailServerMissing", "SMTP_FROM=a@example.com", "SMTP_HOST"},
		{"SenderMissing", "SMTP_HOST=mail.example.com", "SMTP_FROM"},
		{"WebhookSecret", "STRIPE_SECRET_KEY=sk_test_x STRIPE_PUBLISHABLE_KEY=pk_test_x STRIPE_WEBHOOK_SECRET=x", "whsec_"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{}
			for _, v := range strings.Fields(tt.env) {
				name, value, _ := strings.Cut(v, "=")
				env[name] = value
			}
			_, err := ParseSettings(nil, func(name string) string { return env[name] }, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
	for _, args := range [][]string{{"-nothing"}, {"start"}, {"-port"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			if _, err := ParseSettings(args, func(string) string { return "" }, io.Discard); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line", err)
			}
		})
	}
}
