package payment

import "usher.example/knative/stripe/apierror"

// Creation is what an intent begins with. Amount is in minor units.
type Creation struct {
	Amount             int64
	Currency           string // lower case
	CaptureMethod      string
	ConfirmationMethod string
	Automatic          *Automatic
	MethodTypes        []string
	MethodOptions      map[string]any
	Method             *MethodRecord
	Metadata           map[string]string
	Description        string
	ReceiptEmail       string
	SetupFutureUsage   string
	Descriptor         string
	DescriptorSuffix   string
	TransferGroup      string
}

// Create begins an intent. The amount has been checked.
func Create(w Creation, env Env) Change {
	id := env.IDs.New("pi_3")
	in := Intent{
		ID: id, Object: "payment_intent", ClientSecret: secret(id), Created: env.Now.Unix(),
		Amount: w.Amount, Currency: w.Currency, CaptureMethod: w.CaptureMethod, ConfirmationMethod: w.ConfirmationMethod,
		AutomaticPaymentMethods: w.Automatic, PaymentMethodTypes: w.MethodTypes, PaymentMethodOptions: w.MethodOptions,
		Metadata: w.Metadata, Description: Text(w.Description), ReceiptEmail: Text(w.ReceiptEmail), SetupFutureUsage: Text(w.SetupFutureUsage),
		StatementDescriptor: Text(w.Descriptor), StatementDescriptorSuffix: Text(w.DescriptorSuffix), TransferGroup: Text(w.TransferGroup),
		Status: RequiresMethod,
	}
	if w.Method != nil {
		in.Status, in.PaymentMethod = RequiresConfirmation, Text(w.Method.Method.ID)
	}
	c := Change{Intent: &in, Method: w.Method}
	c.tell(EventCreated, in)
	return c
}

// Update is what may be changed of an intent later; nil means leave it.
type Update struct {
	Amount       *int64 // minor units
	Metadata     map[string]string
	Description  *string
	ReceiptEmail *string
	Descriptor   *string
	Suffix       *string
	Method       *MethodRecord
}

// Apply changes an intent. Metadata is merged: an empty value removes its key, and
// an empty hash removes all.
func Apply(in Intent, u Update) Change {
	open := in.Status == RequiresMethod || in.Status == RequiresConfirmation || in.Status == RequiresAction
	if (u.Amount != nil || u.Method != nil) && !open {
		e := apierror.State(apierror.CodeUnexpectedState, "This PaymentIntent's amount and payment method could not be updated because it has a status of %s. You may only update them for a PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.", in.Status)
		e.PaymentIntent = in
		return refused(e)
	}
	if u.Amount != nil {
		if err := CheckAmount(*u.Amount, in.Currency); err != nil {
			return refused(err)
		}
		in.Amount = *u.Amount
	}
	if u.Metadata != nil {
		in.Metadata = Merge(in.Metadata, u.Metadata)
	}
	for _, field := range []struct {
		to   *Text
		from *string
	}{{&in.Description, u.Description}, {&in.ReceiptEmail, u.ReceiptEmail}, {&in.StatementDescriptor, u.Descriptor}, {&in.StatementDescriptorSuffix, u.Suffix}} {
		if field.from != nil {
			*field.to = Text(*field.from)
		}
	}
	if u.Method != nil {
		in.PaymentMethod, in.Status, in.NextAction = Text(u.Method.Method.ID), RequiresConfirmation, nil
	} else if u.Amount != nil && in.Status == RequiresAction {
		// The buyer was asked to approve another amount: ask again.
		in.Status, in.NextAction = RequiresConfirmation, nil
	}
	return Change{Intent: &in, Method: u.Method}
}

// Merge returns metadata with the changes applied; neither argument is touched.
func Merge(old, change map[string]string) map[string]string {
	merged := map[string]string{}
	if len(change) == 0 {
		return merged
	}
	for key, value := range old {
		merged[key] = value
	}
	for key, value := range change {
		if value == "" {
			delete(merged, key)
			continue
		}
		merged[key] = value
	}
	return merged
}
