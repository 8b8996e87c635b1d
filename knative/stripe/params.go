package stripe

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/form"
)

// Stripe's limits of metadata.
const (
	maxMetadataKeys  = 50
	maxMetadataKey   = 40
	maxMetadataValue = 500
)

// metadata reads the application's own notes; nil when none were sent.
func metadata(in *form.Reader) map[string]string {
	notes := in.Map("metadata")
	if len(notes) > maxMetadataKeys {
		in.Refuse(apierror.Invalid("", "metadata", "Metadata can have up to %d keys.", maxMetadataKeys))
	}
	for key, value := range notes {
		if utf8.RuneCountInString(key) > maxMetadataKey || utf8.RuneCountInString(value) > maxMetadataValue || strings.ContainsAny(key, "[]") {
			in.Refuse(apierror.Invalid("", "metadata", "Metadata keys can be up to %d characters long without square brackets, and values up to %d characters: %q is not.", maxMetadataKey, maxMetadataValue, key))
		}
	}
	return notes
}

func email(in *form.Reader) string {
	text := in.Text("receipt_email", maxEmail)
	if text == "" {
		return ""
	}
	if address, err := mail.ParseAddress(text); err != nil || address.Address != text {
		in.Refuse(apierror.Invalid("email_invalid", "receipt_email", "Invalid email address: %s", text))
	}
	return text
}

// Lengths of what a bank statement shows.
const (
	minDescriptor = 5
	maxDescriptor = 22
)

func descriptor(in *form.Reader, key string) string {
	text := in.Text(key, maxDescription)
	if text == "" {
		return ""
	}
	switch {
	case utf8.RuneCountInString(text) > maxDescriptor:
		in.Refuse(apierror.Invalid("", key, "The %s can be at most %d characters long.", key, maxDescriptor))
	case key == "statement_descriptor" && utf8.RuneCountInString(text) < minDescriptor:
		in.Refuse(apierror.Invalid("", key, "The statement descriptor must be at least %d characters.", minDescriptor))
	case strings.ContainsAny(text, `<>\'"*`):
		in.Refuse(apierror.Invalid("", key, `The %s must not contain any of <, >, \, ', ", *.`, key))
	case !strings.ContainsFunc(text, unicode.IsLetter):
		in.Refuse(apierror.Invalid("", key, "The %s must contain at least one alphabetic character.", key))
	}
	return text
}

// methodTypes reads the ways to pay; the double knows cards only.
func methodTypes(in *form.Reader) []string {
	types := in.Texts("payment_method_types")
	if len(types) == 0 {
		return []string{"card"}
	}
	if !slices.Contains(types, "card") || len(types) > 1 {
		in.Refuse(apierror.Invalid("", "payment_method_types", "The test double takes cards only: payment_method_types must be card."))
	}
	return []string{"card"}
}

// methodOptions reads how cards are to be treated. It is kept and shown, and
// changes nothing: how a test card behaves is in its name.
func methodOptions(in *form.Reader) map[string]any {
	options := map[string]any{}
	if !in.Has("payment_method_options") {
		return options
	}
	cards := in.Nested("payment_method_options").Nested("card")
	options["card"] = map[string]any{
		"request_three_d_secure": cards.Word("request_three_d_secure", "automatic", "automatic", "any", "challenge"),
		"installments":           nil, "mandate_options": nil, "network": nil,
	}
	return options
}
