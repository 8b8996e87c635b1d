package payment

import (
	"time"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/card"
)

// AuthorizationLasts is for how long a bank holds money: seven days is what most
// card networks give a payment made online.
const AuthorizationLasts = 7 * 24 * time.Hour

// Confirmation is one attempt to pay.
type Confirmation struct {
	Method *MethodRecord // required: of this attempt, or of the intent
	// ReturnURL is where the bank's page sends the buyer back to; may be empty.
	ReturnURL string
	// ActionURL is the bank's page for this intent.
	ActionURL string
	// OffSession says that the buyer is not there to answer the bank.
	OffSession bool
	// ErrorOnAction makes an attempt fail that would need the buyer.
	ErrorOnAction bool
}

// Confirm attempts to pay an intent: it ends authorised, paid, waiting for the
// buyer, or back at the start with the bank's reason in Refusal.
func Confirm(in Intent, by Confirmation, env Env) Change {
	if err := confirmable(&in); err != nil {
		return refused(err)
	}
	if by.Method == nil {
		e := apierror.State(apierror.CodeUnexpectedState, "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method.")
		e.PaymentIntent = in
		return refused(e)
	}
	bank, err := by.Method.Card()
	if err != nil {
		return refused(err)
	}
	in.PaymentMethod = Text(by.Method.Method.ID)
	in.LastPaymentError = nil
	in.NextAction = nil
	if bank.Challenge == card.ChallengeAlways {
		return challenge(in, by, env)
	}
	return attempt(in, by.Method, bank, nil, env)
}

func confirmable(in *Intent) *apierror.Error {
	var e *apierror.Error
	switch in.Status {
	case RequiresMethod, RequiresConfirmation, RequiresAction:
		return nil
	case Succeeded:
		e = apierror.State(apierror.CodeUnexpectedState, "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.")
	default:
		e = apierror.State(apierror.CodeUnexpectedState, "You cannot confirm this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be confirmed: requires_payment_method, requires_confirmation, requires_action.", in.Status)
	}
	e.PaymentIntent = *in
	return e
}

// challenge asks the buyer to prove who they are.
func challenge(in Intent, by Confirmation, env Env) Change {
	if by.OffSession || by.ErrorOnAction {
		refusal := apierror.Card(apierror.CodeAuthenticationRequired, "authentication_required", "Your card was declined. This transaction requires authentication.")
		return fail(in, by.Method, refusal, env)
	}
	in.Status = RequiresAction
	in.NextAction = &NextAction{Type: "redirect_to_url", RedirectToURL: Redirect{ReturnURL: Text(by.ReturnURL), URL: by.ActionURL}}
	c := Change{Intent: &in}
	c.tell(EventAction, in)
	return c
}

// Authenticate is the buyer's answer to the bank's challenge.
func Authenticate(in Intent, method *MethodRecord, approved bool, env Env) Change {
	if in.Status != RequiresAction {
		return refused(apierror.State(apierror.CodeUnexpectedState, "This PaymentIntent waits for no authentication: it has a status of %s.", in.Status))
	}
	bank, err := method.Card()
	if err != nil {
		return refused(err)
	}
	in.NextAction = nil
	if !approved {
		refusal := apierror.Invalid("payment_intent_authentication_failure", "", "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.")
		c := refuseAuthentication(in, method, refusal)
		return c
	}
	return attempt(in, method, bank, &ThreeDSecure{AuthenticationFlow: "challenge", Result: "authenticated", Version: "2.2.0"}, env)
}

func refuseAuthentication(in Intent, method *MethodRecord, refusal *apierror.Error) Change {
	refusal.PaymentMethod = method.Method
	in.LastPaymentError = refusal
	in.Status = RequiresMethod
	in.PaymentMethod = ""
	c := Change{Intent: &in}
	c.tell(EventFailed, in)
	return c
}

// attempt asks the bank for the money.
func attempt(in Intent, method *MethodRecord, bank *card.Card, proof *ThreeDSecure, env Env) Change {
	if bank.Decline != nil {
		return fail(in, method, bank.Decline.Error(), env)
	}
	charge := newCharge(&in, method, env)
	charge.PaymentMethodDetails.Card.ThreeDSecure = proof
	charge.Status, charge.Paid = "succeeded", true
	charge.Outcome = Outcome{NetworkStatus: "approved_by_network", RiskLevel: "normal", RiskScore: 20, SellerMessage: "Payment complete.", Type: "authorized"}
	in.LatestCharge = Text(charge.ID)

	c := Change{Intent: &in, Charge: &charge}
	c.move(env, MoveAuthorized, &charge, in.Amount)
	if in.CaptureMethod == CaptureManual {
		in.Status, in.AmountCapturable = RequiresCapture, in.Amount
		charge.PaymentMethodDetails.Card.CaptureBefore = Stamp(env.Now.Add(AuthorizationLasts).Unix())
		c.tell(EventChargeOK, charge)
		c.tell(EventCapturable, in)
		return c
	}
	in.Status, in.AmountReceived = Succeeded, in.Amount
	charge.Captured, charge.AmountCaptured = true, in.Amount
	c.move(env, MoveCaptured, &charge, in.Amount)
	c.tell(EventChargeOK, charge)
	c.tell(EventSucceeded, in)
	c.disputeAs(bank, env)
	return c
}

// fail puts the intent back to where another card can be tried.
func fail(in Intent, method *MethodRecord, refusal *apierror.Error, env Env) Change {
	charge := newCharge(&in, method, env)
	charge.Status = "failed"
	charge.FailureCode, charge.FailureMessage = Text(refusal.Code), Text(refusal.Message)
	charge.Outcome = Outcome{NetworkStatus: "declined_by_network", Reason: Text(refusal.DeclineCode), RiskLevel: "normal", RiskScore: 20, SellerMessage: "The bank did not accept the payment.", Type: "issuer_declined"}
	refusal.Charge = charge.ID

	last := *refusal
	last.PaymentMethod = method.Method
	in.LastPaymentError = &last
	in.LatestCharge = Text(charge.ID)
	in.Status = RequiresMethod
	in.PaymentMethod = ""
	refusal.PaymentIntent = in
	refusal.PaymentMethod = method.Method

	c := Change{Intent: &in, Charge: &charge, Refusal: refusal}
	c.tell(EventChargeFailed, charge)
	c.tell(EventFailed, in)
	return c
}

func newCharge(in *Intent, method *MethodRecord, env Env) Charge {
	m := &method.Method
	return Charge{
		ID: env.IDs.New("ch_3"), Object: "charge", Amount: in.Amount, Created: env.Now.Unix(), Currency: in.Currency,
		BillingDetails: m.BillingDetails, CalculatedStatementDescriptor: descriptor(in), Description: in.Description, Metadata: in.Metadata,
		PaymentIntent: in.ID, PaymentMethod: m.ID, ReceiptEmail: in.ReceiptEmail, TransferGroup: in.TransferGroup,
		StatementDescriptor: in.StatementDescriptor, StatementDescriptorSuffix: in.StatementDescriptorSuffix,
		PaymentMethodDetails: MethodDetails{Type: "card", Card: ChargedCard{
			AmountAuthorized: in.Amount, Brand: m.Card.Brand, Country: m.Card.Country, ExpMonth: m.Card.ExpMonth, ExpYear: m.Card.ExpYear,
			Fingerprint: m.Card.Fingerprint, Funding: m.Card.Funding, Last4: m.Card.Last4, Network: m.Card.Brand,
		}},
	}
}

// accountDescriptor is what the test account is called on bank statements.
const accountDescriptor = "USHER"

func descriptor(in *Intent) Text {
	if in.StatementDescriptorSuffix != "" {
		return accountDescriptor + "* " + in.StatementDescriptorSuffix
	}
	return accountDescriptor
}
