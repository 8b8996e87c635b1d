package payments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/refund"

	"usher.example/shared/problem"
	"usher.example/shared/trace"
)

const (
	// stripeTimeout bounds one call; people wait for it.
	stripeTimeout = 20 * time.Second
	// stripeRetries is how often stripe-go repeats a call that failed on the way, under the same idempotency key.
	stripeRetries = 2
	// statementSuffix stands on the buyer's card statement; Stripe takes up to 22 characters with the account's prefix.
	statementSuffix = "TICKET"
	// maxAuthorised is Stripe's largest page: what is not on it is found a minute later.
	maxAuthorised = 100
)

// IntentStatus is how far Stripe's PaymentIntent is, as far as it matters here.
type IntentStatus string

// An intent is open while it lacks a card that works.
const (
	IntentOpen           IntentStatus = "open"
	IntentRequiresAction IntentStatus = "requires_action"
	IntentAuthorized     IntentStatus = "authorized"
	IntentCaptured       IntentStatus = "captured"
	IntentCanceled       IntentStatus = "canceled"
	IntentRefunded       IntentStatus = "refunded" // captured, and all of it given back
)

// Intent is a PaymentIntent as far as it matters here.
type Intent struct {
	ID           string
	OrderID      string // from its metadata
	Status       IntentStatus
	ClientSecret string   // lets the buyer's browser finish the payment
	Decline      *Decline // of the last card tried
}

// Taken says whether the money was captured, wherever it is since.
func (in Intent) Taken() bool { return in.Status == IntentCaptured || in.Status == IntentRefunded }

// Provider is the payment provider. Its errors carry codes: PaymentDeclined, Invalid for a method that does not exist,
// Unavailable when trying again may help.
type Provider interface {
	// Open makes the order's intent, or finds the one made before.
	Open(ctx context.Context, o Order) (Intent, error)
	// Get reads an intent as it is now. NotFound where there is none.
	Get(ctx context.Context, intentID string) (Intent, error)
	// Confirm tries a payment method. A decline is no error: it is told in the Intent.
	Confirm(ctx context.Context, in Intent, method, key string) (Intent, error)
	Capture(ctx context.Context, intentID, key string) (Intent, error)
	Cancel(ctx context.Context, intentID, key string) (Intent, error)
	// Refund gives captured money back, all of it.
	Refund(ctx context.Context, intentID, key string) (Intent, error)
	// Authorised finds intents whose money is held and not yet taken, some of them where there are many.
	Authorised(ctx context.Context) ([]Intent, error)
}

// stripeProvider is Stripe through its own library.
type stripeProvider struct {
	intents   paymentintent.Client
	refunds   refund.Client
	publicURL string
}

// newStripe reads STRIPE_SECRET_KEY, STRIPE_API_URL (empty: Stripe's own) and PUBLIC_URL, under which 3-D Secure returns to the order.
// backend is how it is reached; nil is the network.
func newStripe(getenv func(string) string, log *slog.Logger, backend stripe.Backend) (Provider, error) {
	key := getenv("STRIPE_SECRET_KEY")
	if key == "" {
		return nil, errors.New("STRIPE_SECRET_KEY must be set")
	}
	config := &stripe.BackendConfig{
		HTTPClient:        &http.Client{Timeout: stripeTimeout, Transport: trace.Transport("stripe", http.DefaultTransport)},
		MaxNetworkRetries: stripe.Int64(stripeRetries),
		LeveledLogger:     stripeLog{log},
	}
	if u := getenv("STRIPE_API_URL"); u != "" {
		config.URL = stripe.String(u)
	}
	if backend == nil {
		backend = stripe.GetBackendWithConfig(stripe.APIBackend, config)
	}
	return stripeProvider{
		intents:   paymentintent.Client{B: backend, Key: key},
		refunds:   refund.Client{B: backend, Key: key},
		publicURL: strings.TrimSuffix(getenv("PUBLIC_URL"), "/"),
	}, nil
}

// Open implements Provider. Its parameters depend on nothing but the order, so that its key always fits them.
func (s stripeProvider) Open(ctx context.Context, o Order) (Intent, error) {
	p := &stripe.PaymentIntentParams{
		Amount:             stripe.Int64(o.Price.Amount),
		Currency:           stripe.String(o.Price.Currency),
		CaptureMethod:      stripe.String(string(stripe.PaymentIntentCaptureMethodManual)),
		Description:        stripe.String(o.Title),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		// What stands on the buyer's statement behind the account's own name.
		StatementDescriptorSuffix: stripe.String(statementSuffix),
	}
	p.AddMetadata("order_id", o.ID)
	p.AddMetadata("ticket_id", o.TicketID)
	p.SetIdempotencyKey(o.ID)
	p.Context = ctx
	pi, err := s.intents.New(p)
	if err != nil {
		return Intent{}, stripeError("open payment", err)
	}
	if pi.LastResponse != nil && pi.LastResponse.Header.Get("Idempotent-Replayed") == "true" {
		return s.Get(ctx, pi.ID) // the replay shows it as it was when it was made
	}
	return intentOf(pi), nil
}

// Get implements Provider.
func (s stripeProvider) Get(ctx context.Context, intentID string) (Intent, error) {
	p := &stripe.PaymentIntentParams{}
	p.AddExpand("latest_charge") // it says what was given back
	p.Context = ctx
	pi, err := s.intents.Get(intentID, p)
	var e *stripe.Error
	switch {
	case errors.As(err, &e) && e.HTTPStatusCode == http.StatusNotFound:
		return Intent{}, problem.New(problem.NotFound, "The payment provider does not know this payment.").Because(err)
	case err != nil:
		return Intent{}, stripeError("read payment", err)
	}
	return intentOf(pi), nil
}

// Confirm implements Provider.
func (s stripeProvider) Confirm(ctx context.Context, in Intent, method, key string) (Intent, error) {
	p := &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String(method)}
	if s.publicURL != "" { // the bank's page leads back to the order's, in the web client
		p.ReturnURL = stripe.String(s.publicURL + "/orders/" + in.OrderID)
	}
	p.SetIdempotencyKey(key)
	p.Context = ctx
	pi, err := s.intents.Confirm(in.ID, p)
	if err == nil {
		return intentOf(pi), nil
	}
	var e *stripe.Error
	if errors.As(err, &e) && e.Type == stripe.ErrorTypeCard {
		declined := Intent{ID: in.ID, Status: IntentOpen}
		if e.PaymentIntent != nil {
			declined = intentOf(e.PaymentIntent)
		}
		declined.Decline = &Decline{string(e.Code), string(e.DeclineCode), e.Msg}
		return declined, nil
	}
	if errors.As(err, &e) && e.Code == stripe.ErrorCodePaymentIntentUnexpectedState {
		return s.Get(ctx, in.ID) // another tab was faster
	}
	return Intent{}, stripeError("confirm payment", err)
}

// Capture implements Provider.
func (s stripeProvider) Capture(ctx context.Context, intentID, key string) (Intent, error) {
	p := &stripe.PaymentIntentCaptureParams{}
	p.SetIdempotencyKey(key)
	p.Context = ctx
	pi, err := s.intents.Capture(intentID, p)
	if err != nil {
		return s.settled(ctx, "capture payment", intentID, err)
	}
	return intentOf(pi), nil
}

// Cancel implements Provider.
func (s stripeProvider) Cancel(ctx context.Context, intentID, key string) (Intent, error) {
	p := &stripe.PaymentIntentCancelParams{}
	p.SetIdempotencyKey(key)
	p.Context = ctx
	pi, err := s.intents.Cancel(intentID, p)
	if err != nil {
		return s.settled(ctx, "void payment", intentID, err)
	}
	return intentOf(pi), nil
}

// Refund implements Provider.
func (s stripeProvider) Refund(ctx context.Context, intentID, key string) (Intent, error) {
	p := &stripe.RefundParams{PaymentIntent: stripe.String(intentID)}
	p.SetIdempotencyKey(key)
	p.Context = ctx
	if _, err := s.refunds.New(p); err != nil {
		return s.settled(ctx, "refund payment", intentID, err)
	}
	return s.Get(ctx, intentID)
}

// Authorised implements Provider, by Stripe's search: it shows an intent about a minute after its change.
func (s stripeProvider) Authorised(ctx context.Context) ([]Intent, error) {
	p := &stripe.PaymentIntentSearchParams{}
	p.Query = `status:"requires_capture"`
	p.Limit, p.Single = stripe.Int64(maxAuthorised), true
	p.Context = ctx
	found := s.intents.Search(p)
	var all []Intent
	for found.Next() {
		all = append(all, intentOf(found.PaymentIntent()))
	}
	if err := found.Err(); err != nil {
		return nil, stripeError("search payments", err)
	}
	return all, nil
}

// settled looks at an intent whose capture or cancellation was refused: mostly it was done before.
func (s stripeProvider) settled(ctx context.Context, doing, intentID string, err error) (Intent, error) {
	if told := stripeError(doing, err); problem.Is(told, problem.Unavailable) {
		return Intent{}, told
	}
	return s.Get(ctx, intentID)
}

func intentOf(pi *stripe.PaymentIntent) Intent {
	in := Intent{ID: pi.ID, OrderID: pi.Metadata["order_id"], ClientSecret: pi.ClientSecret, Status: IntentOpen}
	switch pi.Status {
	case stripe.PaymentIntentStatusRequiresAction:
		in.Status = IntentRequiresAction
	case stripe.PaymentIntentStatusRequiresCapture:
		in.Status = IntentAuthorized
	case stripe.PaymentIntentStatusSucceeded:
		in.Status = IntentCaptured
		if c := pi.LatestCharge; c != nil && c.Refunded {
			in.Status = IntentRefunded
		}
	case stripe.PaymentIntentStatusCanceled:
		in.Status = IntentCanceled
	}
	if e := pi.LastPaymentError; e != nil && in.Status == IntentOpen {
		in.Decline = &Decline{string(e.Code), string(e.DeclineCode), e.Msg}
	}
	return in
}

// stripeError gives Stripe's error one of our codes. What Stripe may answer otherwise next time is Unavailable.
func stripeError(doing string, err error) error {
	cause := fmt.Errorf("%s: %w", doing, err)
	later := problem.New(problem.Unavailable, "The payment provider does not answer at the moment. You were not charged; please try again.").After(5 * time.Second).Because(cause)
	var e *stripe.Error
	if !errors.As(err, &e) {
		return later
	}
	switch {
	case e.HTTPStatusCode == http.StatusTooManyRequests, e.HTTPStatusCode >= http.StatusInternalServerError, e.HTTPStatusCode == http.StatusConflict:
		return later
	case e.Type == stripe.ErrorTypeCard:
		return declined(Decline{string(e.Code), string(e.DeclineCode), e.Msg})
	case e.Param == "payment_method":
		return problem.Field("payment_method", "The payment provider does not know this payment method.").Because(cause)
	case e.Param == "amount" || e.Param == "currency":
		p := problem.New(problem.Conflict, "The payment provider does not accept this amount: %s", e.Msg).Because(cause)
		p.Items[0].Code = string(e.Code)
		return p
	}
	return fmt.Errorf("%s: stripe answered %s: %w", doing, strconv.Itoa(e.HTTPStatusCode), err)
}

// declined is how the buyer is told that the card was refused: in Stripe's words and with its code.
func declined(d Decline) error {
	code := d.DeclineCode
	if code == "" {
		code = d.Code
	}
	return &problem.Error{Code: problem.PaymentDeclined, Items: []problem.Item{{Message: d.Message, Field: "payment_method", Code: code}}}
}

// stripeLog lets stripe-go's own log lines through only where they are errors of ours to see; it logs each decline as an error.
type stripeLog struct{ log *slog.Logger }

func (l stripeLog) Debugf(string, ...any) {}
func (l stripeLog) Infof(string, ...any)  {}
func (l stripeLog) Warnf(format string, v ...any) {
	l.log.Debug("stripe: " + fmt.Sprintf(format, v...))
}
func (l stripeLog) Errorf(format string, v ...any) {
	l.log.Debug("stripe: " + fmt.Sprintf(format, v...))
}
