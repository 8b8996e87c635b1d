// Package problem is how everything in this system says no: a small set of codes, mapped in one place to HTTP problem
// documents (RFC 9457) and to the Broker's retry or dead letter.
package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Code is the kind of an error, independent of how it is told.
type Code string

// The codes.
const (
	Invalid          Code = "invalid"          // the request is wrong; saying it again will not help
	Unauthenticated  Code = "unauthenticated"  // who asks is not known
	PaymentDeclined  Code = "payment_declined" // the card's bank said no
	Forbidden        Code = "forbidden"        // who asks is known and may not
	NotFound         Code = "not_found"        // there is none, or none that the asker may know of
	MethodNotAllowed Code = "method_not_allowed"
	Conflict         Code = "conflict" // the state does not allow it (now)
	PreconditionFail Code = "precondition_failed"
	TooLarge         Code = "too_large"
	TooMany          Code = "too_many_requests"
	Internal         Code = "internal"    // our fault; details are in the log only
	Unavailable      Code = "unavailable" // something we need is not there; try again
	Timeout          Code = "timeout"
)

var statuses = map[Code]int{
	Invalid:          http.StatusBadRequest,
	Unauthenticated:  http.StatusUnauthorized,
	PaymentDeclined:  http.StatusPaymentRequired,
	Forbidden:        http.StatusForbidden,
	NotFound:         http.StatusNotFound,
	MethodNotAllowed: http.StatusMethodNotAllowed,
	Conflict:         http.StatusConflict,
	PreconditionFail: http.StatusPreconditionFailed,
	TooLarge:         http.StatusRequestEntityTooLarge,
	TooMany:          http.StatusTooManyRequests,
	Internal:         http.StatusInternalServerError,
	Unavailable:      http.StatusServiceUnavailable,
	Timeout:          http.StatusGatewayTimeout,
}

// Status is the HTTP status a code is told with.
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Item is one thing that is wrong. Field names the part of the request it is about, in the request's own spelling.
type Item struct {
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
	Code    string `json:"code,omitempty"` // machine-readable, where somebody else's code is passed on (Stripe's)
}

// Error is an error with a code. Its messages are written for the caller; Cause is for the log alone.
type Error struct {
	Code       Code
	Items      []Item
	RetryAfter time.Duration // told to the caller in whole seconds, when positive
	Cause      error
}

// Error says the code, the messages and the cause.
func (e *Error) Error() string {
	msg := string(e.Code)
	for _, i := range e.Items {
		msg += ": " + i.Message
	}
	if e.Cause != nil {
		msg += ": " + e.Cause.Error()
	}
	return msg
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of a code with a message for the caller.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Items: []Item{{Message: fmt.Sprintf(format, args...)}}}
}

// Field makes an Invalid error about one field of the request.
func Field(field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Items: []Item{{Message: fmt.Sprintf(format, args...), Field: field}}}
}

// Because returns a copy of e with a cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// After returns a copy of e that asks the caller to wait before trying again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// From finds the *Error in err's chain. An error without one is Internal: it is nobody's business but the log's.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return New(Internal, "Something went wrong on our side. Please try again.").Because(err)
}

// Is says whether err has the code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// Document is what a caller reads: RFC 9457's members and the array of errors that clients of this kind of system know.
type Document struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []Item `json:"errors"`
}

// ContentType is the media type of a Document.
const ContentType = "application/problem+json"

// Document is the error as its caller reads it.
func (e *Error) Document() Document {
	d := Document{
		Type:   "https://usher.example/problems/" + string(e.Code),
		Title:  http.StatusText(e.Code.Status()),
		Status: e.Code.Status(),
		Errors: e.Items,
	}
	if len(e.Items) == 0 {
		d.Errors = []Item{{Message: d.Title}}
	}
	d.Detail = d.Errors[0].Message
	return d
}

// Write answers a request with err.
func Write(w http.ResponseWriter, err error) {
	e := From(err)
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(max(1, (e.RetryAfter+time.Second-1)/time.Second))))
	}
	w.WriteHeader(e.Code.Status())
	_ = json.NewEncoder(w).Encode(e.Document()) // the caller went away: nobody to tell
}
