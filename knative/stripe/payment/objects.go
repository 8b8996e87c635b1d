package payment

import "usher.example/knative/stripe/apierror"

// Status of an intent.
type Status string

// Statuses an intent can have here: cards are never "processing".
const (
	RequiresMethod       Status = "requires_payment_method"
	RequiresConfirmation Status = "requires_confirmation"
	RequiresAction       Status = "requires_action"
	RequiresCapture      Status = "requires_capture"
	Succeeded            Status = "succeeded"
	Canceled             Status = "canceled"
)

// Capture methods.
const (
	CaptureAutomatic      = "automatic"
	CaptureAutomaticAsync = "automatic_async"
	CaptureManual         = "manual"
)

// Intent is a PaymentIntent. Amounts are in minor units of its currency.
type Intent struct {
	ID                        string            `json:"id"`
	Object                    string            `json:"object"`
	Amount                    int64             `json:"amount"`
	AmountCapturable          int64             `json:"amount_capturable"`
	AmountDetails             AmountDetails     `json:"amount_details"`
	AmountReceived            int64             `json:"amount_received"`
	AutomaticPaymentMethods   *Automatic        `json:"automatic_payment_methods"`
	CanceledAt                Stamp             `json:"canceled_at"`
	CancellationReason        Text              `json:"cancellation_reason"`
	CaptureMethod             string            `json:"capture_method"`
	ClientSecret              string            `json:"client_secret"`
	ConfirmationMethod        string            `json:"confirmation_method"`
	Created                   int64             `json:"created"`
	Currency                  string            `json:"currency"`
	Description               Text              `json:"description"`
	LastPaymentError          *apierror.Error   `json:"last_payment_error"`
	LatestCharge              Text              `json:"latest_charge"`
	Livemode                  bool              `json:"livemode"`
	Metadata                  map[string]string `json:"metadata"`
	NextAction                *NextAction       `json:"next_action"`
	PaymentMethod             Text              `json:"payment_method"`
	PaymentMethodOptions      map[string]any    `json:"payment_method_options"`
	PaymentMethodTypes        []string          `json:"payment_method_types"`
	ReceiptEmail              Text              `json:"receipt_email"`
	SetupFutureUsage          Text              `json:"setup_future_usage"`
	StatementDescriptor       Text              `json:"statement_descriptor"`
	StatementDescriptorSuffix Text              `json:"statement_descriptor_suffix"`
	Status                    Status            `json:"status"`
	TransferGroup             Text              `json:"transfer_group"`

	Application          Absent `json:"application"`
	ApplicationFeeAmount Absent `json:"application_fee_amount"`
	Customer             Absent `json:"customer"`
	Invoice              Absent `json:"invoice"`
	OnBehalfOf           Absent `json:"on_behalf_of"`
	Processing           Absent `json:"processing"`
	Review               Absent `json:"review"`
	Shipping             Absent `json:"shipping"`
	Source               Absent `json:"source"`
	TransferData         Absent `json:"transfer_data"`
}

// AmountDetails holds a tip, which nobody gives here.
type AmountDetails struct {
	Tip struct{} `json:"tip"`
}

// Automatic says that the account's settings choose the payment methods.
type Automatic struct {
	AllowRedirects string `json:"allow_redirects"`
	Enabled        bool   `json:"enabled"`
}

// NextAction is what the buyer must do.
type NextAction struct {
	RedirectToURL Redirect `json:"redirect_to_url"`
	Type          string   `json:"type"`
}

// Redirect sends the buyer to the bank's page, and from there to ReturnURL.
type Redirect struct {
	ReturnURL Text   `json:"return_url"`
	URL       string `json:"url"`
}

// Charge is one attempt to take the money of an intent.
type Charge struct {
	ID                            string            `json:"id"`
	Object                        string            `json:"object"`
	Amount                        int64             `json:"amount"`
	AmountCaptured                int64             `json:"amount_captured"`
	AmountRefunded                int64             `json:"amount_refunded"`
	BillingDetails                Billing           `json:"billing_details"`
	CalculatedStatementDescriptor Text              `json:"calculated_statement_descriptor"`
	Captured                      bool              `json:"captured"`
	Created                       int64             `json:"created"`
	Currency                      string            `json:"currency"`
	Description                   Text              `json:"description"`
	Dispute                       Text              `json:"dispute"`
	Disputed                      bool              `json:"disputed"`
	FailureCode                   Text              `json:"failure_code"`
	FailureMessage                Text              `json:"failure_message"`
	FraudDetails                  struct{}          `json:"fraud_details"`
	Livemode                      bool              `json:"livemode"`
	Metadata                      map[string]string `json:"metadata"`
	Outcome                       Outcome           `json:"outcome"`
	Paid                          bool              `json:"paid"`
	PaymentIntent                 string            `json:"payment_intent"`
	PaymentMethod                 string            `json:"payment_method"`
	PaymentMethodDetails          MethodDetails     `json:"payment_method_details"`
	ReceiptEmail                  Text              `json:"receipt_email"`
	Refunded                      bool              `json:"refunded"`
	StatementDescriptor           Text              `json:"statement_descriptor"`
	StatementDescriptorSuffix     Text              `json:"statement_descriptor_suffix"`
	Status                        string            `json:"status"`
	TransferGroup                 Text              `json:"transfer_group"`

	Application               Absent `json:"application"`
	ApplicationFee            Absent `json:"application_fee"`
	ApplicationFeeAmount      Absent `json:"application_fee_amount"`
	BalanceTransaction        Absent `json:"balance_transaction"`
	Customer                  Absent `json:"customer"`
	FailureBalanceTransaction Absent `json:"failure_balance_transaction"`
	Invoice                   Absent `json:"invoice"`
	OnBehalfOf                Absent `json:"on_behalf_of"`
	ReceiptNumber             Absent `json:"receipt_number"`
	ReceiptURL                Absent `json:"receipt_url"`
	Review                    Absent `json:"review"`
	Shipping                  Absent `json:"shipping"`
	Source                    Absent `json:"source"`
	TransferData              Absent `json:"transfer_data"`
}

// Outcome is what the network and the bank said.
type Outcome struct {
	NetworkStatus string `json:"network_status"`
	Reason        Text   `json:"reason"`
	RiskLevel     string `json:"risk_level"`
	RiskScore     int64  `json:"risk_score"`
	SellerMessage string `json:"seller_message"`
	Type          string `json:"type"`
}

// MethodDetails repeats the card on the charge.
type MethodDetails struct {
	Card ChargedCard `json:"card"`
	Type string      `json:"type"`
}

// ChargedCard is the card as charged.
type ChargedCard struct {
	AmountAuthorized int64         `json:"amount_authorized"`
	Brand            string        `json:"brand"`
	CaptureBefore    Stamp         `json:"capture_before"`
	Country          string        `json:"country"`
	ExpMonth         int64         `json:"exp_month"`
	ExpYear          int64         `json:"exp_year"`
	Fingerprint      string        `json:"fingerprint"`
	Funding          string        `json:"funding"`
	Last4            string        `json:"last4"`
	Network          string        `json:"network"`
	ThreeDSecure     *ThreeDSecure `json:"three_d_secure"`
}

// ThreeDSecure says that the buyer proved who they are.
type ThreeDSecure struct {
	AuthenticationFlow string `json:"authentication_flow"`
	Result             string `json:"result"`
	Version            string `json:"version"`
}

// Refund gives money of a captured charge back.
type Refund struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Amount        int64             `json:"amount"`
	Charge        string            `json:"charge"`
	Created       int64             `json:"created"`
	Currency      string            `json:"currency"`
	Metadata      map[string]string `json:"metadata"`
	PaymentIntent Text              `json:"payment_intent"`
	Reason        Text              `json:"reason"`
	Status        string            `json:"status"`

	BalanceTransaction     Absent `json:"balance_transaction"`
	ReceiptNumber          Absent `json:"receipt_number"`
	SourceTransferReversal Absent `json:"source_transfer_reversal"`
	TransferReversal       Absent `json:"transfer_reversal"`
}

// Dispute is the cardholder's complaint about a charge.
type Dispute struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"`
	Charge             string            `json:"charge"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	IsChargeRefundable bool              `json:"is_charge_refundable"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	PaymentIntent      string            `json:"payment_intent"`
	Reason             string            `json:"reason"`
	Status             string            `json:"status"`
}
