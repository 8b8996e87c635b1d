// Package expression reads and evaluates DynamoDB's five expressions: condition, filter, key condition, update and
// projection.
//
// Reading checks everything that can be checked without an item, and reports what is wrong in DynamoDB's words and in
// its order of precedence. What is read is immutable and can be evaluated against any number of items.
package expression

import "fmt"

// Error is DynamoDB's message for an expression that it refuses: a ValidationException.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

const (
	// maxLength of one expression, in bytes.
	maxLength = 4096
	// maxOperators of one expression: AND, OR, NOT, comparisons, functions.
	maxOperators = 300
	// maxIn is how many values IN takes.
	maxIn = 100
	// maxPathDepth is how deep a document path goes: as deep as documents nest.
	maxPathDepth = 32
)
