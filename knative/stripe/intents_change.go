package stripe

import (
	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
)

func confirmIntent(c *call) (any, error) {
	in, err := c.intent()
	if err != nil {
		return nil, err
	}
	by := readConfirmation(c.in)
	method, err := c.methodAsked()
	if err != nil {
		return nil, err
	}
	capture := c.in.Word("capture_method", in.CaptureMethod, payment.CaptureAutomatic, payment.CaptureAutomaticAsync, payment.CaptureManual)
	if c.public && c.in.Has("capture_method") {
		c.in.Refuse(apierror.Invalid(apierror.CodeParameterUnknown, "capture_method", "The parameter capture_method cannot be passed with a publishable key."))
	}
	if c.in.Has("receipt_email") {
		in.ReceiptEmail = payment.Text(email(c.in))
	}
	if c.in.Has("payment_method_options") {
		in.PaymentMethodOptions = methodOptions(c.in)
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	in.CaptureMethod = capture
	return c.confirm(in, by, method)
}

func updateIntent(c *call) (any, error) {
	in, err := c.intent()
	if err != nil {
		return nil, err
	}
	var u payment.Update
	if c.in.Has("amount") {
		amount := c.in.Int("amount", 0)
		u.Amount = &amount
	}
	if c.in.Has("currency") && c.in.Text("currency", 3) != in.Currency {
		c.in.Refuse(apierror.Invalid("", "currency", "The test double does not change the currency of a PaymentIntent. Create another one."))
	}
	u.Metadata = metadata(c.in)
	sent := func(key string, text string) *string {
		if !c.in.Has(key) {
			return nil
		}
		return &text
	}
	u.Description = sent("description", c.in.Text("description", maxDescription))
	u.ReceiptEmail = sent("receipt_email", email(c.in))
	u.Descriptor = sent("statement_descriptor", descriptor(c.in, "statement_descriptor"))
	u.Suffix = sent("statement_descriptor_suffix", descriptor(c.in, "statement_descriptor_suffix"))
	if u.Method, err = c.methodAsked(); err != nil {
		return nil, err
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	change := payment.Apply(in, u)
	err = c.apply(change)
	return change.Intent, err
}

func captureIntent(c *call) (any, error) {
	in, err := c.intent()
	if err != nil {
		return nil, err
	}
	amount := c.in.Int("amount_to_capture", 0)
	if c.in.Has("amount_to_capture") && amount < 1 {
		c.in.Refuse(apierror.Invalid(apierror.CodeParameterInvalidInteger, "amount_to_capture", "This value must be greater than or equal to 1."))
	}
	if !c.in.Bool("final_capture", true) {
		c.in.Refuse(apierror.Invalid("", "final_capture", "The test double captures once: final_capture must be true."))
	}
	if change := metadata(c.in); change != nil {
		in.Metadata = payment.Merge(in.Metadata, change)
	}
	if c.in.Has("statement_descriptor") {
		in.StatementDescriptor = payment.Text(descriptor(c.in, "statement_descriptor"))
	}
	if c.in.Has("statement_descriptor_suffix") {
		in.StatementDescriptorSuffix = payment.Text(descriptor(c.in, "statement_descriptor_suffix"))
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	if in.Status != payment.RequiresCapture {
		return nil, payment.Capture(in, payment.Charge{}, nil, amount, c.env).Refusal
	}
	var charge payment.Charge
	if err := c.load(store.Charges, "charge", "charge", string(in.LatestCharge), &charge); err != nil {
		return nil, err
	}
	var method payment.MethodRecord
	if err := c.load(store.Methods, "PaymentMethod", "payment_method", charge.PaymentMethod, &method); err != nil {
		return nil, err
	}
	bank, refusal := method.Card()
	if refusal != nil {
		return nil, refusal
	}
	change := payment.Capture(in, charge, bank, amount, c.env)
	err = c.apply(change)
	return change.Intent, err
}

func cancelIntent(c *call) (any, error) {
	in, err := c.intent()
	if err != nil {
		return nil, err
	}
	reason := c.in.Word("cancellation_reason", "", "duplicate", "fraudulent", "requested_by_customer", "abandoned")
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	var charge *payment.Charge
	if in.Status == payment.RequiresCapture {
		charge = &payment.Charge{}
		if err := c.load(store.Charges, "charge", "charge", string(in.LatestCharge), charge); err != nil {
			return nil, err
		}
	}
	change := payment.Cancel(in, charge, reason, c.env)
	err = c.apply(change)
	return change.Intent, err
}
