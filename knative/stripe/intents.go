package stripe

import (
	"net/url"
	"strings"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/form"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
)

// operations lists the calls of the API.
func operations() []operation {
	return []operation{
		{"payment_intents.create", "POST /v1/payment_intents", false, createIntent},
		{"payment_intents.list", "GET /v1/payment_intents", false, listIntents},
		{"payment_intents.search", "GET /v1/payment_intents/search", false, searchIntents},
		{"payment_intents.retrieve", "GET /v1/payment_intents/{id}", true, getIntent},
		{"payment_intents.update", "POST /v1/payment_intents/{id}", false, updateIntent},
		{"payment_intents.confirm", "POST /v1/payment_intents/{id}/confirm", true, confirmIntent},
		{"payment_intents.capture", "POST /v1/payment_intents/{id}/capture", false, captureIntent},
		{"payment_intents.cancel", "POST /v1/payment_intents/{id}/cancel", false, cancelIntent},
		{"payment_methods.create", "POST /v1/payment_methods", true, createMethod},
		{"payment_methods.retrieve", "GET /v1/payment_methods/{id}", false, getMethod},
		{"refunds.create", "POST /v1/refunds", false, createRefund},
		{"refunds.list", "GET /v1/refunds", false, listRefunds},
		{"refunds.retrieve", "GET /v1/refunds/{id}", false, getRefund},
		{"charges.list", "GET /v1/charges", false, listCharges},
		{"charges.retrieve", "GET /v1/charges/{id}", false, getCharge},
		{"disputes.list", "GET /v1/disputes", false, listDisputes},
		{"disputes.retrieve", "GET /v1/disputes/{id}", false, getDispute},
		{"events.list", "GET /v1/events", false, listEvents},
		{"events.retrieve", "GET /v1/events/{id}", false, getEvent},
	}
}

// Lengths of texts, as Stripe limits them.
const (
	maxID          = 255
	maxDescription = 1000
	maxEmail       = 512
	maxURL         = 2048
)

func createIntent(c *call) (any, error) {
	w, confirmation, err := readCreation(c)
	if err != nil {
		return nil, err
	}
	confirm := c.in.Bool("confirm", false)
	if !confirm {
		for _, only := range []string{"return_url", "off_session", "error_on_requires_action"} {
			if c.in.Has(only) {
				c.in.Refuse(apierror.Invalid("", only, "The parameter `%s` cannot be passed when creating a PaymentIntent unless `confirm` is set to true.", only))
			}
		}
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	if err := payment.CheckAmount(w.Amount, w.Currency); err != nil {
		return nil, err
	}
	if !c.config.AnyAmount {
		if err := payment.CheckMinimum(w.Amount, w.Currency); err != nil {
			return nil, err
		}
	}
	created := payment.Create(w, c.env)
	if err := c.apply(created); err != nil || !confirm {
		return created.Intent, err
	}
	return c.confirm(*created.Intent, confirmation, w.Method)
}

// readCreation reads the parameters of a new intent. Its error is one of looking up
// the payment method; those of the parameters are left to Finish.
func readCreation(c *call) (payment.Creation, payment.Confirmation, error) {
	in := c.in
	in.Require("amount")
	in.Require("currency")
	w := payment.Creation{
		Amount:             in.Int("amount", 0),
		Currency:           strings.ToLower(in.Text("currency", 3)),
		CaptureMethod:      in.Word("capture_method", payment.CaptureAutomatic, payment.CaptureAutomatic, payment.CaptureAutomaticAsync, payment.CaptureManual),
		ConfirmationMethod: in.Word("confirmation_method", "automatic", "automatic"), // manual needs a second confirmation, which nobody here uses
		Description:        in.Text("description", maxDescription),
		ReceiptEmail:       email(in),
		SetupFutureUsage:   in.Word("setup_future_usage", "", "off_session", "on_session"),
		Descriptor:         descriptor(in, "statement_descriptor"),
		DescriptorSuffix:   descriptor(in, "statement_descriptor_suffix"),
		TransferGroup:      in.Text("transfer_group", maxID),
		Metadata:           payment.Merge(nil, metadata(in)),
		MethodTypes:        methodTypes(in),
		MethodOptions:      methodOptions(in),
	}
	if !in.Has("payment_method_types") {
		// Since 2023-08-16 the account's settings choose, unless the call does.
		w.Automatic = &payment.Automatic{Enabled: true, AllowRedirects: redirectsAlways}
	}
	if in.Has("automatic_payment_methods") {
		automatic := in.Nested("automatic_payment_methods")
		automatic.Require("enabled")
		w.Automatic = &payment.Automatic{
			Enabled:        automatic.Bool("enabled", false),
			AllowRedirects: automatic.Word("allow_redirects", redirectsAlways, redirectsAlways, "never"),
		}
		if in.Has("payment_method_types") && w.Automatic.Enabled {
			in.Refuse(apierror.Invalid("parameters_exclusive", "automatic_payment_methods", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types."))
		}
	}
	confirmation := readConfirmation(in)
	method, err := c.methodAsked()
	w.Method = method
	return w, confirmation, err
}

// readConfirmation reads what an attempt to pay may say besides its method.
func readConfirmation(in *form.Reader) payment.Confirmation {
	by := payment.Confirmation{
		ReturnURL:     in.Text("return_url", maxURL),
		OffSession:    in.Bool("off_session", false),
		ErrorOnAction: in.Bool("error_on_requires_action", false),
	}
	in.Bool("use_stripe_sdk", false) // the next action is a redirect either way
	if by.ReturnURL != "" && !isWebURL(by.ReturnURL) {
		in.Refuse(apierror.Invalid("url_invalid", "return_url", "Not a valid URL: write it with http:// or https://."))
	}
	return by
}

// redirectsAlways allows ways to pay that lead the buyer to another site.
const redirectsAlways = "always"

// confirm attempts to pay an intent with the method given, or with its own. An
// intent that allows redirects needs an address to come back to, whatever the
// method: leaving it out works with cards until Stripe itself is asked.
func (c *call) confirm(in payment.Intent, by payment.Confirmation, method *payment.MethodRecord) (any, error) {
	if a := in.AutomaticPaymentMethods; !c.public && a != nil && a.Enabled && a.AllowRedirects == redirectsAlways && by.ReturnURL == "" {
		return nil, apierror.Invalid("", "return_url", "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never`, or `payment_method_types[]` to `card`.")
	}
	if method == nil && in.PaymentMethod != "" {
		var own payment.MethodRecord
		if err := c.load(store.Methods, "PaymentMethod", "payment_method", string(in.PaymentMethod), &own); err != nil {
			return nil, err
		}
		method = &own
	}
	by.Method = method
	by.ActionURL = c.bankPage(&in)
	change := payment.Confirm(in, by, c.env)
	if change.Intent != nil {
		change.Method = method
	}
	err := c.apply(change)
	return change.Intent, err
}

// bankPage is where the buyer answers the bank.
func (d *Double) bankPage(in *payment.Intent) string {
	query := url.Values{"payment_intent_client_secret": {in.ClientSecret}}
	return strings.TrimSuffix(d.config.PublicURL, "/") + pathBank + in.ID + "?" + query.Encode()
}

// intent loads the intent in the path. A browser must know its secret.
func (c *call) intent() (payment.Intent, error) {
	var in payment.Intent
	secret := c.in.Text("client_secret", maxID)
	err := c.load(store.Intents, "payment_intent", apierror.ParamIntent, c.id, &in)
	if err != nil {
		return in, err
	}
	if (c.public || secret != "") && !same(secret, in.ClientSecret) {
		if secret == "" {
			return in, apierror.Missing("client_secret")
		}
		return in, apierror.Invalid("payment_intent_invalid_parameter", "client_secret", "The client_secret provided does not match any associated PaymentIntent on this account.")
	}
	return in, nil
}

// load reads an object, or says as Stripe does that there is none.
func (c *call) load(b store.Bucket, kind, param, id string, v any) error {
	found, err := c.tx.Get(b, id, v)
	if err != nil {
		return err
	}
	if !found {
		return apierror.NoSuch(kind, param, id)
	}
	return nil
}

func getIntent(c *call) (any, error) {
	in, err := c.intent()
	if err != nil {
		return nil, err
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	return in, nil
}
