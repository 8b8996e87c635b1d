package local

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Settings are what a person may set, by environment variable or flag.
type Settings struct {
	// Host and Port are listened on for people.
	Host string
	Port int
	// Data is the folder that keeps everything.
	Data string
	// OrderTTL is handed to functions as they read it.
	OrderTTL string
	// MaxHolds and MaxReservations limit what one person may reserve; orders/create reads them.
	MaxHolds, MaxReservations string
	// PriceCap is the greatest price in percent of the face value; tickets/create and tickets/update read it. Empty: any.
	PriceCap string
	// Operators are the ids of accounts that run the place, separated by commas; users/signin reads them.
	Operators string
	// Idle is how long a process lives without a request; 0 leaves it to the manifests.
	Idle time.Duration
	// Manifests is the kustomize folder to run; empty: knative/overlays/local of the workspace.
	Manifests string
	// Stripe's keys; empty means the test double.
	StripeSecretKey, StripePublishableKey, StripeWebhookSecret string
	// JWTSecretKey signs sessions; empty: one that is made once and kept.
	JWTSecretKey string
	// SMTP are the settings of the mail server, by the environment variables that functions read; empty: mails are written
	// to a folder.
	SMTP map[string]string
	// TicketKey seals what sellers attach to tickets, and signs passes; empty: one that is made once and kept.
	TicketKey string
}

const (
	defaultHost     = "127.0.0.1"
	defaultPort     = "8080"
	defaultData     = ".usher"
	defaultOrderTTL = "15m"
	// defaultMaxHolds and defaultMaxReservations are those of the manifests for a cluster.
	defaultMaxHolds, defaultMaxReservations = "4", "30"
	// maxLimit is what orders/create takes at most.
	maxLimit = 100
	// maxPriceCap is what tickets/create takes at most.
	maxPriceCap = 10_000
	// defaultIdle is Knative's stable window.
	defaultIdle = 60 * time.Second
	// maxIdle and maxOrderTTL keep a slip of the pen from becoming a system that never rests.
	maxIdle     = 24 * time.Hour
	maxOrderTTL = 30 * 24 * time.Hour
)

// setting is one of them, as text.
type setting struct {
	flag, env, fallback, help string
	parse                     func(s *Settings, value string) error
}

var all = []setting{
	{"port", "PORT", defaultPort, "`port` to listen on; 0 takes any that is free", (*Settings).setPort},
	{"host", "HOST", defaultHost, "`address` to listen on; 0.0.0.0 lets other machines in", (*Settings).setHost},
	{"data", "DATA", defaultData, "`folder` that keeps everything", (*Settings).setData},
	{"order-ttl", "ORDER_TTL", defaultOrderTTL, "`time` a buyer has to pay, such as 15m", (*Settings).setOrderTTL},
	{"max-holds", "MAX_HOLDS", defaultMaxHolds, "`number` of unpaid orders that one person may have at once, 1 to 100", (*Settings).setMaxHolds},
	{"max-reservations", "MAX_RESERVATIONS", defaultMaxReservations, "`number` of orders that one person may begin within ORDER_TTL, 0 (any) to 100", (*Settings).setMaxReservations},
	{"price-cap-percent", "PRICE_CAP_PERCENT", "", "`number` that says how much of its face value a ticket may cost at most, 1 to 10000; unset: any price", (*Settings).setPriceCap},
	{"idle", "IDLE", "", "`time` a function stays up without work; unset: what its manifest says, else 60s", (*Settings).setIdle},
	{"manifests", "MANIFESTS", "", "kustomize `folder` to run; unset: knative/overlays/local", (*Settings).setManifests},
	{"jwt-secret-key", "JWT_SECRET_KEY", "", "`key` that signs sessions; unset: one that is made once and kept", (*Settings).setJWTSecretKey},
	{"operators", "OPERATORS", "", "`ids` of the accounts that run the place, separated by commas", (*Settings).setOperators},
	{"ticket-key", "TICKET_KEY", "", "`key` that seals attached tickets, or keys, the newest first; unset: one that is made once and kept", (*Settings).setTicketKey},
	{"smtp-host", "SMTP_HOST", "", "mail `server` that sends mail; unset: mails are written to the data folder, and shown at /_mail", smtp("SMTP_HOST")},
	{"smtp-port", "SMTP_PORT", "", "`port` of the mail server; unset: 587", smtp("SMTP_PORT")},
	{"smtp-user", "SMTP_USER", "", "`name` to sign in to the mail server with", smtp("SMTP_USER")},
	{"smtp-password", "SMTP_PASSWORD", "", "`password` that goes with it", smtp("SMTP_PASSWORD")},
	{"smtp-from", "SMTP_FROM", "", "`address` that mail is from, such as Usher <tickets@example.com>", smtp("SMTP_FROM")},
	{"smtp-tls", "SMTP_TLS", "", "`how` the connection is protected: starttls (unset), tls (unset, at port 465) or none", smtp("SMTP_TLS")},
	{"stripe-secret-key", "STRIPE_SECRET_KEY", "", "test `key` (sk_test_…) of Stripe; unset: the test double takes payments", (*Settings).setSecretKey},
	{"stripe-publishable-key", "STRIPE_PUBLISHABLE_KEY", "", "test `key` (pk_test_…) that goes with it", (*Settings).setPublishableKey},
	{"stripe-webhook-secret", "STRIPE_WEBHOOK_SECRET", "", "`secret` (whsec_…) that Stripe signs webhooks with", (*Settings).setWebhookSecret},
}

// accountID is what the id of an account looks like.
var accountID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// ParseSettings reads flags, and the environment for those that are not given. Its errors are one line that says what to
// write instead; flag.ErrHelp means that the list was asked for and written to out.
func ParseSettings(args []string, getenv func(string) string, out io.Writer) (Settings, error) {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	values := make([]*string, len(all))
	for i, one := range all {
		values[i] = flags.String(one.flag, "", one.help+" (`"+one.env+"`)")
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage(out)
		return Settings{}, err
	case err != nil:
		return Settings{}, fmt.Errorf("%w; -help lists the flags", err)
	case flags.NArg() > 0:
		return Settings{}, fmt.Errorf("%q is no flag; -help lists the flags", flags.Arg(0))
	}
	var s Settings
	for i, one := range all {
		value := *values[i]
		if value == "" {
			value = getenv(one.env)
		}
		if value == "" {
			value = one.fallback
		}
		if value == "" {
			continue
		}
		if err := one.parse(&s, value); err != nil {
			return Settings{}, fmt.Errorf("%s: %w", one.env, err)
		}
	}
	return s, s.check()
}

func usage(out io.Writer) {
	_, _ = fmt.Fprint(out, "Runs the whole system on this machine, from the manifests that a cluster gets. Ctrl-C stops it.\n\n")
	for _, one := range all {
		name, help := flag.UnquoteUsage(&flag.Flag{Usage: one.help})
		if one.fallback != "" {
			help += " (default " + one.fallback + ")"
		}
		_, _ = fmt.Fprintf(out, "  -%-30s %-24s %s\n", one.flag+" "+name, one.env, help)
	}
}

// check holds what concerns more than one setting.
func (s *Settings) check() error {
	if s.StripeSecretKey == "" && (s.StripePublishableKey != "" || s.StripeWebhookSecret != "") {
		return errors.New("STRIPE_SECRET_KEY: it is missing beside Stripe's other settings; set all of them, or none for the test double")
	}
	if s.StripeSecretKey != "" && s.StripePublishableKey == "" {
		return errors.New("STRIPE_PUBLISHABLE_KEY: it is missing beside STRIPE_SECRET_KEY; set both, or none for the test double")
	}
	switch {
	case len(s.SMTP) > 0 && s.SMTP["SMTP_HOST"] == "":
		return errors.New("SMTP_HOST: it is missing beside the mail server's other settings; set it, or none of them to have mails written to the data folder")
	case len(s.SMTP) > 0 && s.SMTP["SMTP_FROM"] == "":
		return errors.New("SMTP_FROM: it is missing beside SMTP_HOST; set it to the address that mail is from")
	}
	return nil
}

func smtp(name string) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		if s.SMTP == nil {
			s.SMTP = map[string]string{}
		}
		s.SMTP[name] = value
		return nil
	}
}

func (s *Settings) setPort(value string) error {
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is not a port from 0 to 65535", value)
	}
	s.Port = int(n)
	return nil
}

func (s *Settings) setHost(value string) error {
	if strings.ContainsAny(value, "/ \t[]") || strings.Contains(value, ":") && net.ParseIP(value) == nil {
		return fmt.Errorf("%q is not an address such as 127.0.0.1", value)
	}
	s.Host = value
	return nil
}

func (s *Settings) setData(value string) (err error) {
	s.Data, err = filepath.Abs(value)
	return err
}

func (s *Settings) setManifests(value string) (err error) {
	s.Manifests, err = filepath.Abs(value)
	return err
}

func (s *Settings) setOrderTTL(value string) error {
	if _, err := duration(value, maxOrderTTL); err != nil {
		return err
	}
	s.OrderTTL = value
	return nil
}

func (s *Settings) setMaxHolds(value string) error {
	s.MaxHolds = value
	return between(value, 1, maxLimit)
}

func (s *Settings) setMaxReservations(value string) error {
	s.MaxReservations = value
	return between(value, 0, maxLimit)
}

func (s *Settings) setPriceCap(value string) error {
	s.PriceCap = value
	return between(value, 1, maxPriceCap)
}

func between(value string, least, most int) error {
	if n, err := strconv.Atoi(value); err != nil || n < least || n > most {
		return fmt.Errorf("%q is not a number from %d to %d", value, least, most)
	}
	return nil
}

func (s *Settings) setIdle(value string) (err error) {
	s.Idle, err = duration(value, maxIdle)
	return err
}

func (s *Settings) setOperators(value string) error {
	for account := range strings.SplitSeq(value, ",") {
		if !accountID.MatchString(strings.TrimSpace(account)) {
			return fmt.Errorf("%q is not the id of an account; GET /api/users/currentuser shows one's own", account)
		}
	}
	s.Operators = value
	return nil
}

func duration(value string, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > most {
		return 0, fmt.Errorf("%q is not a time up to %v such as 90s or 15m", value, most)
	}
	return d, nil
}

func (s *Settings) setJWTSecretKey(value string) error {
	s.JWTSecretKey = value
	return nil
}

func (s *Settings) setTicketKey(value string) error {
	s.TicketKey = value
	return nil
}

func (s *Settings) setSecretKey(value string) error {
	if strings.HasPrefix(value, "sk_live_") || strings.HasPrefix(value, "rk_live_") {
		return errors.New("a live key would charge real cards; use a test key (sk_test_…)")
	}
	if !strings.HasPrefix(value, "sk_test_") && !strings.HasPrefix(value, "rk_test_") {
		return errors.New("this is not a test key (sk_test_…) from https://dashboard.stripe.com/test/apikeys")
	}
	s.StripeSecretKey = value
	return nil
}

func (s *Settings) setPublishableKey(value string) error {
	if !strings.HasPrefix(value, "pk_test_") {
		return errors.New("this is not a publishable test key (pk_test_…) from https://dashboard.stripe.com/test/apikeys")
	}
	s.StripePublishableKey = value
	return nil
}

func (s *Settings) setWebhookSecret(value string) error {
	if !strings.HasPrefix(value, "whsec_") {
		return errors.New("this is not a webhook secret (whsec_…), such as stripe listen prints")
	}
	s.StripeWebhookSecret = value
	return nil
}
