package simulation

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"
)

// bank is Stripe, below stripe-go: our own code makes its calls, with their idempotency keys, and reads its answers.
type bank struct {
	w       *World
	intents []*intent
	saved   map[string]saved // answers by idempotency key
}

// intent is a PaymentIntent, with what happened to the money.
type intent struct {
	stripe.PaymentIntent
	order     string
	captured  int
	refunds   int
	uncapture bool // its authorisation will not hold until it is captured
	events    uint64
}

// saved is the first answer to a key: the same request gets it again, another one is refused.
type saved struct {
	request string
	intent  stripe.PaymentIntent
	err     *stripe.Error
}

var _ stripe.Backend = (*bank)(nil)

func newBank(w *World) *bank { return &bank{w: w, saved: map[string]saved{}} }

var errNetwork = errors.New("simulated: Stripe does not answer")

// Call implements stripe.Backend.
func (b *bank) Call(method, path, _ string, params stripe.ParamsContainer, v stripe.LastResponseSetter) error {
	t := b.w.task
	what := ""
	if b.w.trace != nil {
		what = "stripe " + method + " " + strings.TrimPrefix(path, "/v1/payment_intents")
	}
	f := t.call(callStripe, what)
	if f == refused {
		return errNetwork
	}
	if refund, ok := v.(*stripe.Refund); ok {
		return b.refund(t, f, params.(*stripe.RefundParams), refund)
	}
	answer, replayed, failed := b.request(method, path, params)
	switch f {
	case unanswered:
		return errNetwork
	case dieAfter:
		panic(crash{})
	}
	t.history = mix(t.history, hash(string(answer.Status)), uint64(len(answer.ID)))
	if failed != nil {
		return failed
	}
	header := http.Header{}
	if replayed {
		header.Set("Idempotent-Replayed", "true")
	}
	answer.LastResponse = &stripe.APIResponse{Header: header, StatusCode: http.StatusOK}
	*v.(*stripe.PaymentIntent) = answer
	return nil
}

// request answers with what the key was answered before, or does what is asked.
func (b *bank) request(method, path string, params stripe.ParamsContainer) (answer stripe.PaymentIntent, replayed bool, failed *stripe.Error) {
	key := ""
	if k := params.GetParams().IdempotencyKey; k != nil && method == http.MethodPost {
		key = *k
	}
	request := path + "?" + asked(params)
	if first, ok := b.saved[key]; ok && key != "" {
		if first.request != request {
			return answer, false, &stripe.Error{Type: stripe.ErrorTypeIdempotency, HTTPStatusCode: http.StatusBadRequest, Msg: "the key was used for another request"}
		}
		return first.intent, true, first.err
	}
	in, failed := b.act(method, strings.TrimPrefix(path, "/v1/payment_intents"), params)
	if in != nil {
		answer = in.PaymentIntent
	}
	if key != "" {
		b.saved[key] = saved{request, answer, failed}
	}
	return answer, false, failed
}

// asked are the parameters that make a request another one.
func asked(params stripe.ParamsContainer) string {
	switch p := params.(type) {
	case *stripe.PaymentIntentParams:
		if p.Amount != nil {
			return fmt.Sprint(*p.Amount, *p.Currency, *p.Description)
		}
	case *stripe.PaymentIntentConfirmParams:
		return *p.PaymentMethod
	}
	return ""
}

func (b *bank) act(method, path string, params stripe.ParamsContainer) (*intent, *stripe.Error) {
	if path == "" {
		return b.open(params.(*stripe.PaymentIntentParams)), nil
	}
	id, action, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	in := b.find(id)
	if in == nil {
		return nil, &stripe.Error{Type: stripe.ErrorTypeInvalidRequest, HTTPStatusCode: http.StatusNotFound, Msg: "no such intent"}
	}
	if method == http.MethodGet {
		return in, nil
	}
	switch action {
	case "confirm":
		return in, b.confirm(in, *params.(*stripe.PaymentIntentConfirmParams).PaymentMethod)
	case "capture":
		return in, b.capture(in)
	case "cancel":
		return in, b.cancel(in)
	}
	return nil, &stripe.Error{Type: stripe.ErrorTypeInvalidRequest, HTTPStatusCode: http.StatusNotFound, Msg: "no such action"}
}

func (b *bank) find(id string) *intent {
	for _, in := range b.intents {
		if in.ID == id {
			return in
		}
	}
	return nil
}

func (b *bank) open(p *stripe.PaymentIntentParams) *intent {
	in := &intent{order: p.Metadata["order_id"]}
	in.ID = fmt.Sprintf("pi_%s_%d", in.order, len(b.intents))
	if b.w.choose != nil { // not by the order of things
		in.ID = "pi_" + in.order
	}
	in.Amount, in.Currency, in.Metadata = *p.Amount, stripe.Currency(*p.Currency), p.Metadata
	in.Status = stripe.PaymentIntentStatusRequiresPaymentMethod
	in.ClientSecret = in.ID + "_secret"
	b.intents = append(b.intents, in)
	return in
}

// unexpected is how Stripe refuses what the intent's state does not allow.
func unexpected(in *intent) *stripe.Error {
	return &stripe.Error{
		Type: stripe.ErrorTypeInvalidRequest, Code: stripe.ErrorCodePaymentIntentUnexpectedState,
		HTTPStatusCode: http.StatusBadRequest, Msg: "the intent is " + string(in.Status),
	}
}

func (b *bank) confirm(in *intent, method string) *stripe.Error {
	switch in.Status {
	case stripe.PaymentIntentStatusRequiresPaymentMethod, stripe.PaymentIntentStatusRequiresAction:
	default:
		return unexpected(in)
	}
	in.LastPaymentError = nil
	switch method {
	case "pm_card_visa":
		b.authorise(in)
	case "pm_card_authenticationRequired":
		in.Status = stripe.PaymentIntentStatusRequiresAction
	default:
		in.Status = stripe.PaymentIntentStatusRequiresPaymentMethod
		declined := &stripe.Error{Type: stripe.ErrorTypeCard, Code: stripe.ErrorCodeCardDeclined, HTTPStatusCode: http.StatusPaymentRequired, Msg: "Your card was declined."}
		in.LastPaymentError = declined
		told := *declined
		seen := in.PaymentIntent
		told.PaymentIntent = &seen
		b.tell(in, stripe.EventTypePaymentIntentPaymentFailed)
		return &told
	}
	return nil
}

func (b *bank) authorise(in *intent) {
	in.Status = stripe.PaymentIntentStatusRequiresCapture
	in.uncapture = b.w.chance(b.w.plan.Profile.Uncapture, hash(in.order))
	b.w.oracle.authorised(in)
	b.tell(in, stripe.EventTypePaymentIntentAmountCapturableUpdated)
}

// authenticate is the buyer's bank, asked by the buyer's browser: 3-D Secure succeeds.
func (b *bank) authenticate(order string) {
	for _, in := range b.intents {
		if in.order == order && in.Status == stripe.PaymentIntentStatusRequiresAction {
			b.w.say("bank", "authenticates %s", in.ID)
			b.authorise(in)
		}
	}
}

func (b *bank) capture(in *intent) *stripe.Error {
	if in.Status != stripe.PaymentIntentStatusRequiresCapture {
		return unexpected(in)
	}
	if in.uncapture { // Stripe cancels an intent whose authorisation has gone
		in.Status = stripe.PaymentIntentStatusCanceled
		b.tell(in, stripe.EventTypePaymentIntentCanceled)
		return unexpected(in)
	}
	in.Status = stripe.PaymentIntentStatusSucceeded
	in.captured++
	b.w.oracle.captured(in)
	b.tell(in, stripe.EventTypePaymentIntentSucceeded)
	return nil
}

// refund gives all of a captured intent's money back, once.
func (b *bank) refund(t *task, f fault, p *stripe.RefundParams, v *stripe.Refund) error {
	in := b.find(*p.PaymentIntent)
	var failed *stripe.Error
	switch {
	case in == nil || in.Status != stripe.PaymentIntentStatusSucceeded:
		failed = &stripe.Error{Type: stripe.ErrorTypeInvalidRequest, HTTPStatusCode: http.StatusBadRequest, Msg: "nothing was captured"}
	case in.LatestCharge != nil && in.LatestCharge.Refunded && b.saved[*p.IdempotencyKey].request == "":
		failed = &stripe.Error{Type: stripe.ErrorTypeInvalidRequest, Code: stripe.ErrorCodeChargeAlreadyRefunded, HTTPStatusCode: http.StatusBadRequest, Msg: "already refunded"}
	case b.saved[*p.IdempotencyKey].request == "":
		in.LatestCharge = &stripe.Charge{Refunded: true}
		in.refunds++
		b.saved[*p.IdempotencyKey] = saved{request: "refund"}
		b.tell(in, stripe.EventTypeChargeRefunded)
	}
	switch f {
	case unanswered:
		return errNetwork
	case dieAfter:
		panic(crash{})
	}
	t.history = mix(t.history, hash("refund"), uint64(in.refunds))
	if failed != nil {
		return failed
	}
	v.Status = stripe.RefundStatusSucceeded
	return nil
}

func (b *bank) cancel(in *intent) *stripe.Error {
	if in.Status == stripe.PaymentIntentStatusSucceeded || in.Status == stripe.PaymentIntentStatusCanceled {
		return unexpected(in)
	}
	in.Status = stripe.PaymentIntentStatusCanceled
	b.tell(in, stripe.EventTypePaymentIntentCanceled)
	return nil
}

// CallStreaming implements stripe.Backend.
func (b *bank) CallStreaming(string, string, string, stripe.ParamsContainer, stripe.StreamingLastResponseSetter) error {
	return errors.ErrUnsupported
}

// CallRaw implements stripe.Backend: it is how stripe-go searches.
func (b *bank) CallRaw(method, path, _ string, _ *form.Values, _ *stripe.Params, v stripe.LastResponseSetter) error {
	found, ok := v.(*stripe.PaymentIntentSearchResult)
	if !ok {
		return fmt.Errorf("%s %s: %w", method, path, errors.ErrUnsupported)
	}
	t := b.w.task
	switch f := t.call(callStripe, "stripe search"); f {
	case refused, unanswered:
		return errNetwork
	case dieAfter:
		panic(crash{})
	}
	for _, in := range b.intents {
		if in.Status == stripe.PaymentIntentStatusRequiresCapture {
			seen := in.PaymentIntent
			found.Data = append(found.Data, &seen)
		}
	}
	t.history = mix(t.history, hash("search"), uint64(len(found.Data)))
	return nil
}

// CallMultipart implements stripe.Backend.
func (b *bank) CallMultipart(string, string, string, string, *bytes.Buffer, *stripe.Params, stripe.LastResponseSetter) error {
	return errors.ErrUnsupported
}

// SetMaxNetworkRetries implements stripe.Backend.
func (b *bank) SetMaxNetworkRetries(int64) {}
