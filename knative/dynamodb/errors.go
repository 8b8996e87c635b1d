package dynamodb

import (
	"errors"
	"fmt"

	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// Where DynamoDB's error types live; clients look at the part behind the #.
const (
	modelErrors    = "com.amazonaws.dynamodb.v20120810#"
	validateErrors = "com.amazon.coral.validate#"
	serviceErrors  = "com.amazon.coral.service#"
)

// failure is an error as a client gets it.
type failure struct {
	kind    string // the full type
	message string
	status  int        // 400 unless set
	item    value.Item // of ConditionalCheckFailedException, when asked for
	reasons []reason   // of TransactionCanceledException
	// mismatch: keys are not of the table's types. DynamoDB finds that while it runs a transaction, and then cancels it,
	// where other invalid values keep it from beginning.
	mismatch bool
}

func (f *failure) Error() string { return f.kind + ": " + f.message }

func invalid(format string, args ...any) error {
	return &failure{kind: validateErrors + "ValidationException", message: fmt.Sprintf(format, args...)}
}

// invalidValue is the form of most ValidationExceptions that are about a value.
func invalidValue(format string, args ...any) error {
	return invalid("One or more parameter values were invalid: "+format, args...)
}

func mismatch(format string, args ...any) error {
	return &failure{kind: validateErrors + "ValidationException", message: fmt.Sprintf(format, args...), mismatch: true}
}

func serialization(message string) error {
	return &failure{kind: serviceErrors + "SerializationException", message: message}
}

func notFound(format string, args ...any) error {
	return &failure{kind: modelErrors + "ResourceNotFoundException", message: fmt.Sprintf(format, args...)}
}

func inUse(format string, args ...any) error {
	return &failure{kind: modelErrors + "ResourceInUseException", message: fmt.Sprintf(format, args...)}
}

func conditionFailed(item value.Item) *failure {
	return &failure{kind: modelErrors + "ConditionalCheckFailedException", message: "The conditional request failed", item: item}
}

var errTableNotFound = notFound("Requested resource not found")

// asFailure says what a client is told of any error: those of expressions are validation errors; what the engine says
// stays in the log, because it names files.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var e *expression.Error
	if errors.As(err, &e) {
		return &failure{kind: validateErrors + "ValidationException", message: e.Message}
	}
	return &failure{kind: modelErrors + "InternalServerError", status: 500, message: "The request could not be processed; the server's log tells why."}
}
