// Package apierror is how Stripe says no: the error object of its HTTP API.
//
// stripe-go reads these fields by name, and functions decide on them (a decline
// is the buyer's matter, an unexpected state is ours), so the words in Type, Code
// and DeclineCode are Stripe's own.
package apierror

import (
	"fmt"
	"net/http"
)

// Types of errors.
const (
	TypeAPI         = "api_error"
	TypeCard        = "card_error"
	TypeIdempotency = "idempotency_error"
	TypeInvalid     = "invalid_request_error"
)

// Codes that more than one place uses.
const (
	CodeParameterMissing        = "parameter_missing"
	CodeParameterUnknown        = "parameter_unknown"
	CodeParameterInvalidInteger = "parameter_invalid_integer"
	CodeResourceMissing         = "resource_missing"
	CodeUnexpectedState         = "payment_intent_unexpected_state"
	CodeCardDeclined            = "card_declined"
	CodeAuthenticationRequired  = "authentication_required"
)

// Parameters that are in the path, as errors name them.
const (
	ParamIntent = "intent"
	ParamID     = "id"
)

// Error is one refusal. Its JSON form is the value of "error" in an answer, and of
// last_payment_error in a PaymentIntent.
type Error struct {
	Status int `json:"-"` // of HTTP
	// Settled says that the request was carried out and this is its outcome: it is
	// kept under its idempotency key and replayed. A request that was refused before
	// it began is not, so that it can be corrected and sent again with the same key.
	Settled bool `json:"-"`

	Charge        string `json:"charge,omitempty"`
	Code          string `json:"code,omitempty"`
	DeclineCode   string `json:"decline_code,omitempty"`
	DocURL        string `json:"doc_url,omitempty"`
	Message       string `json:"message"`
	Param         string `json:"param,omitempty"`
	PaymentIntent any    `json:"payment_intent,omitempty"`
	PaymentMethod any    `json:"payment_method,omitempty"`
	RequestLogURL string `json:"request_log_url,omitempty"`
	Type          string `json:"type"`
}

// Error tells type, code and message.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s (%d): %s", e.Type, e.Code, e.Status, e.Message)
}

// Invalid refuses a request whose parameter param (may be empty) is wrong.
func Invalid(code, param, format string, args ...any) *Error {
	e := &Error{Status: http.StatusBadRequest, Type: TypeInvalid, Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
	if code != "" {
		e.DocURL = docURL(code)
	}
	return e
}

// Missing refuses a request that lacks a required parameter.
func Missing(param string) *Error {
	return Invalid(CodeParameterMissing, param, "Missing required param: %s.", param)
}

// NoSuch refuses a request for an object that does not exist: with 404 when the
// path names it, and with 400 when the parameter param does. Kind is the object's
// as Stripe writes it: payment_intent, PaymentMethod.
func NoSuch(kind, param, id string) *Error {
	e := Invalid(CodeResourceMissing, param, "No such %s: '%s'", kind, id)
	if param == ParamIntent || param == ParamID {
		e.Status = http.StatusNotFound
	}
	return e
}

// State refuses what the object's status does not allow. It is an outcome.
func State(code, format string, args ...any) *Error {
	e := Invalid(code, "", format, args...)
	e.Settled = true
	return e
}

// Card is the issuer's refusal. It is an outcome.
func Card(code, decline, message string) *Error {
	return &Error{
		Status: http.StatusPaymentRequired, Settled: true, Type: TypeCard,
		Code: code, DeclineCode: decline, Message: message, DocURL: docURL(code),
	}
}

// Unauthorized refuses a key.
func Unauthorized(code, format string, args ...any) *Error {
	e := Invalid(code, "", format, args...)
	e.Status = http.StatusUnauthorized
	return e
}

func docURL(code string) string {
	dashed := []byte(code)
	for i, c := range dashed {
		if c == '_' {
			dashed[i] = '-'
		}
	}
	return "https://stripe.com/docs/error-codes/" + string(dashed)
}
