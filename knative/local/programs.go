package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"usher.example/knative/local/build"
	"usher.example/knative/local/environment"
	"usher.example/knative/local/plan"
	"usher.example/knative/local/process"
	"usher.example/knative/local/state"
)

// The programs that the runtime starts besides those that manifests name.
const (
	manifestsPackage = "usher.example/knative/cmd/local/manifests"
	storePackage     = "usher.example/knative/cmd/dynamodb"
	brokerPackage    = "usher.example/knative/cmd/broker"
	stripePackage    = "usher.example/knative/cmd/stripe"
)

// manifestsGrace is for a reading of manifests that is not to go on; it has nothing to save.
const manifestsGrace = time.Second

// platform is the ConfigMap whose values may have placeholders.
const platform = "platform"

// addresses are where what lasts listens, as host:port. They stay the same across restarts while their ports are free:
// functions hold them.
type addresses struct{ functions, store, broker, stripe string }

// secrets are made when nobody gives them.
var secrets = []state.Generated{
	{Secret: "jwt-secret", Key: "JWT_SECRET_KEY"},
	{Secret: "ticket-key", Key: "TICKET_KEY"},
	{Secret: stripeSecret, Key: "STRIPE_SECRET_KEY", Prefix: "sk_test_"},
	{Secret: stripeSecret, Key: "STRIPE_PUBLISHABLE_KEY", Prefix: "pk_test_"},
	{Secret: stripeSecret, Key: "STRIPE_WEBHOOK_SECRET", Prefix: "whsec_"},
}

const stripeSecret = "stripe-secret"

// brokerKeys is how functions know what the Broker signs.
const brokerKeys = "broker-keys"

// smtpSecret is the mail server's settings. It is not there when nobody gives them, and mails go to mailFolder.
const (
	smtpSecret     = "smtp-secret"
	mailFolder     = "mail"
	mailFolderName = "MAIL_FOLDER" // as a placeholder
)

// readManifests has the manifests read, and fills in what they leave open.
func (s *system) readManifests(ctx context.Context) (err error) {
	for name, to := range map[string]*string{"store": &s.addresses.store, "broker": &s.addresses.broker, "stripe": &s.addresses.stripe} {
		if *to, err = s.ports.Named(name); err != nil {
			return err
		}
	}
	s.builder = &build.Builder{Workspace: s.workspace, Bin: s.folder.Path("bin"), Spawner: s.spawner}
	binaries, err := s.build(ctx, "manifests", []string{manifestsPackage})
	if err != nil {
		return err
	}
	var printed bytes.Buffer
	var reason []string
	p, err := s.spawner.Start(process.Spec{
		Name: "manifests", Kind: "build", Path: binaries[manifestsPackage], Env: s.inherited, Output: &printed,
		Args: []string{
			"-folder", s.Manifests, "-contract", s.folder.Path("contract.json"),
			"-functions", s.addresses.functions, "-broker", s.addresses.broker,
		},
		Line: func(line string) { reason = append(reason, strings.TrimSpace(line)) },
	})
	if err != nil {
		return fmt.Errorf("manifests: %w", err)
	}
	if err := p.Wait(ctx, manifestsGrace); err != nil {
		if len(reason) > 0 {
			err = errors.New(strings.Join(reason, " ")) // one line of what may be many
		}
		return fmt.Errorf("manifests: %w", err)
	}
	s.plan = &plan.Plan{}
	if err := json.Unmarshal(printed.Bytes(), s.plan); err != nil {
		return fmt.Errorf("manifests: %w", err)
	}
	return s.fillIn()
}

// fillIn makes the values of ConfigMaps and Secrets what they are on this machine.
func (s *system) fillIn() error {
	generated, err := s.folder.Secrets(secrets, s.given)
	if err != nil {
		return err
	}
	s.values = environment.Values{ConfigMaps: s.plan.ConfigMaps, Secrets: generated}
	public, err := s.folder.SigningKey()
	if err != nil {
		return err
	}
	s.values.Secrets[brokerKeys] = map[string]string{"BROKER_PUBLIC_KEYS": public}
	if len(s.SMTP) > 0 {
		s.values.Secrets[smtpSecret] = s.SMTP
	}
	maps.Copy(s.values.Secrets, s.plan.Secrets)
	s.values.ConfigMaps = maps.Clone(s.plan.ConfigMaps)
	if data, ok := s.plan.ConfigMaps[platform]; ok {
		if s.values.ConfigMaps[platform], err = environment.Expand(platform, data, s.placeholders()); err != nil {
			return err
		}
	}
	for _, service := range s.plan.Services {
		if _, err := environment.Of(&service.Container, s.values); err != nil {
			return fmt.Errorf("Service %s: %w", service.Name, err)
		}
	}
	for _, job := range s.plan.Jobs {
		if _, err := environment.Of(&job.Container, s.values); err != nil {
			return fmt.Errorf("Job %s: %w", job.Name, err)
		}
	}
	return nil
}

// given are the secrets that a person has set.
func (s *system) given(key string) string {
	switch key {
	case "STRIPE_SECRET_KEY":
		return s.StripeSecretKey
	case "STRIPE_PUBLISHABLE_KEY":
		return s.StripePublishableKey
	case "STRIPE_WEBHOOK_SECRET":
		return s.StripeWebhookSecret
	case "JWT_SECRET_KEY":
		return s.JWTSecretKey
	case "TICKET_KEY":
		return s.TicketKey
	}
	return ""
}

func (s *system) placeholders() map[string]string {
	api := "http://" + s.addresses.stripe
	if s.StripeSecretKey != "" {
		api = "" // Stripe's own
	}
	mail := s.folder.Path(mailFolder)
	if len(s.SMTP) > 0 {
		mail = ""
	}
	return map[string]string{
		"STORE_ADDRESS": s.addresses.store, "BROKER_ADDRESS": s.addresses.broker, "FUNCTIONS_ADDRESS": s.addresses.functions,
		"STRIPE_ADDRESS": s.addresses.stripe, "STRIPE_API_URL": api,
		"GATEWAY_ADDRESS": s.doors.address, "GATEWAY_URL": s.doors.url, "ORDER_TTL": s.OrderTTL, "OPERATORS": s.Operators,
		"MAX_HOLDS": s.MaxHolds, "MAX_RESERVATIONS": s.MaxReservations, "PRICE_CAP_PERCENT": s.PriceCap,
		mailFolderName: mail,
	}
}

func (s *system) wantsStore() bool {
	return environment.Uses(s.plan.ConfigMaps[platform], "STORE_ADDRESS")
}

func (s *system) wantsStripe() bool {
	data := s.plan.ConfigMaps[platform]
	return s.StripeSecretKey == "" && (environment.Uses(data, "STRIPE_ADDRESS") || environment.Uses(data, "STRIPE_API_URL"))
}

// buildPrograms builds everything that will run.
func (s *system) buildPrograms(ctx context.Context) (err error) {
	var packages []string
	for _, service := range s.plan.Services {
		packages = append(packages, service.Package)
	}
	for _, job := range s.plan.Jobs {
		packages = append(packages, job.Package)
	}
	if s.wantsStore() {
		packages = append(packages, storePackage)
	}
	if len(s.plan.Brokers) > 0 {
		packages = append(packages, brokerPackage)
	}
	if s.wantsStripe() {
		packages = append(packages, stripePackage)
	}
	s.binaries, err = s.build(ctx, "programs", packages)
	return err
}

// build builds a set of programs, and says so when it takes long.
func (s *system) build(ctx context.Context, set string, packages []string) (map[string]string, error) {
	begin := time.Now()
	notice := time.AfterFunc(buildNotice, func() {
		s.out.Say("building %s; with nothing cached this takes some minutes", set)
	})
	defer notice.Stop()
	binaries, built, err := s.builder.Build(ctx, set, packages)
	if err == nil && built {
		s.out.Say("built %d programs in %v", len(binaries), time.Since(begin).Round(100*time.Millisecond))
	}
	return binaries, err
}

// buildNotice is how long a build may take without a word.
const buildNotice = time.Second

func (s *system) startStore(ctx context.Context) error {
	if !s.wantsStore() {
		return nil
	}
	s.store = s.supervisor("store", storePackage, s.addresses.store, "/", nil,
		"-addr", s.addresses.store, "-data", s.folder.Path("store.db"))
	return s.store.Start(ctx)
}

// startOthers starts the Broker and the test double, both at once.
func (s *system) startOthers(ctx context.Context) error {
	results := make(chan error, 2)
	started := 0
	if len(s.plan.Brokers) > 0 {
		s.broker = s.supervisor("broker", brokerPackage, s.addresses.broker, "/healthz", nil,
			"-addr", s.addresses.broker, "-data", s.folder.Path("broker"), "-contract", s.folder.Path("contract.json"),
			"-signing-key-file", s.folder.Path(state.SigningKeyFile))
		started++
		go func() { results <- s.broker.Start(ctx) }()
	}
	if s.StripeSecretKey != "" && s.StripeWebhookSecret == "" {
		s.out.Fail("STRIPE_WEBHOOK_SECRET is not set, so Stripe's webhooks are refused; stripe listen --forward-to %s%s prints one", s.doors.url, webhookPath)
	}
	if s.wantsStripe() {
		keys := s.values.Secrets[stripeSecret]
		s.stripe = s.supervisor("stripe", stripePackage, s.addresses.stripe, "/healthz", []string{
			"STRIPE_DOUBLE_SECRET_KEY=" + keys["STRIPE_SECRET_KEY"],
			"STRIPE_DOUBLE_PUBLISHABLE_KEY=" + keys["STRIPE_PUBLISHABLE_KEY"],
			"STRIPE_WEBHOOK_SECRET=" + keys["STRIPE_WEBHOOK_SECRET"],
		}, "-addr", s.addresses.stripe, "-data", s.folder.Path("stripe.db"), "-webhook", s.doors.url+webhookPath)
		started++
		go func() { results <- s.stripe.Start(ctx) }()
	}
	var errs []error
	for range started {
		errs = append(errs, <-results)
	}
	return errors.Join(errs...)
}

// webhookPath is where Stripe tells of payments, at the public address.
const webhookPath = "/api/payments/webhook"

// supervisor makes what keeps one lasting program running. Its name is its kind.
func (s *system) supervisor(name, pkg, address, ready string, env []string, args ...string) *process.Supervisor {
	return &process.Supervisor{
		Spawner: s.spawner,
		Spec: process.Spec{
			Name: name, Kind: name, Path: s.binaries[pkg], Args: args, Env: slices.Concat(s.inherited, env), Address: address,
			Line: func(line string) { s.out.Line(name, line) },
		},
		Path:   ready,
		Client: s.client,
		Restarting: func(p *process.Process) {
			s.out.Fail("%s ended (%v); starting it again", name, reason(p))
		},
		Restarted: func(_ *process.Process, gap time.Duration) {
			s.out.Say("%s is back after %v", name, gap.Round(time.Millisecond))
		},
	}
}

// reason says how a process ended, in a few words.
func reason(p *process.Process) string {
	if err := p.Err(); err != nil {
		return err.Error()
	}
	return "exit status 0"
}
