package dynamodb

import (
	"errors"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// decode reads a request's body into its parameters; what it does not know is ignored, as DynamoDB does.
func decode[T any](body []byte) (*T, error) {
	in := new(T)
	err := json.Unmarshal(body, in)
	if err == nil {
		return in, nil
	}
	var wrong *value.TypeError
	if errors.As(err, &wrong) {
		return nil, serialization(wrong.Message)
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && semantic.GoType != nil {
		return nil, serialization(value.WrongType(semantic.JSONKind, javaName(semantic.GoType)).Error())
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return nil, serialization("The request body is not valid JSON: " + strings.TrimPrefix(syntactic.Error(), "jsontext: "))
	}
	return nil, serialization("The request body could not be read")
}

// javaName is how DynamoDB calls the type that a member should have had.
func javaName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "Boolean"
	case reflect.Int, reflect.Int64:
		return "Integer"
	case reflect.Slice:
		return "List"
	case reflect.Map, reflect.Struct:
		return "Map"
	default:
		return "String"
	}
}

// placeholders are the parameters that all expressions of a request share.
type placeholders struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]value.Value
}

// expressionText is one expression parameter of a request; a nil text was not sent.
type expressionText struct {
	parameter string
	text      *string
}

// names checks the placeholders against the expressions they can be for.
func (p placeholders) names(texts ...expressionText) (*expression.Names, error) {
	sent, sentWithValues := false, false
	var withValues []string
	for _, t := range texts {
		sent = sent || t.text != nil
		if t.parameter != "ProjectionExpression" {
			withValues = append(withValues, t.parameter)
			sentWithValues = sentWithValues || t.text != nil
		}
	}
	if p.ExpressionAttributeNames != nil && !sent {
		return nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	if p.ExpressionAttributeValues != nil && !sentWithValues {
		if len(withValues) == 0 {
			return nil, invalid("ExpressionAttributeValues can only be specified when using expressions")
		}
		verb := " is null"
		if len(withValues) > 1 {
			verb = " are null"
		}
		return nil, invalid("ExpressionAttributeValues can only be specified when using expressions: %s%s", strings.Join(withValues, " and "), verb)
	}
	return expression.NewNames(p.ExpressionAttributeNames, p.ExpressionAttributeValues)
}

// condition reads one condition parameter; nil when it was not sent.
func condition(t expressionText, names *expression.Names) (*expression.Condition, error) {
	if t.text == nil {
		return nil, nil
	}
	return expression.ParseCondition(t.parameter, *t.text, names)
}

func projection(text *string, names *expression.Names) (*expression.Projection, error) {
	if text == nil {
		return nil, nil
	}
	return expression.ParseProjection(*text, names)
}
