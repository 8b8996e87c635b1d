package dynamodb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// attributeTest is a comparison in the style that DynamoDB had before expressions.
type attributeTest struct {
	ComparisonOperator *string
	AttributeValueList []value.Value
	Value              *value.Value // Expected only
	Exists             *bool        // Expected only
}

// parameter is one that was sent or not, to be refused beside those of the other style.
type parameter struct {
	name string
	sent bool
}

// exclusive refuses requests that mix the two styles.
func exclusive(legacy, modern []parameter) error {
	sent := func(all []parameter) string {
		var names []string
		for _, p := range all {
			if p.sent {
				names = append(names, p.name)
			}
		}
		return strings.Join(names, ", ")
	}
	old, new := sent(legacy), sent(modern)
	if old != "" && new != "" {
		return invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}", old, new)
	}
	return nil
}

// arity is how many values an operator takes, and of which types; most is 0 for any number.
type arity struct {
	least, most int
	kinds       string // " S N B "
}

const (
	scalars  = " S N B "
	allKinds = " S N B BOOL NULL L M SS NS BS "
)

var operators = map[string]arity{
	"EQ": {1, 1, allKinds}, "NE": {1, 1, allKinds},
	"LT": {1, 1, scalars}, "LE": {1, 1, scalars}, "GT": {1, 1, scalars}, "GE": {1, 1, scalars},
	"BETWEEN": {2, 2, scalars}, "IN": {1, 0, scalars}, "BEGINS_WITH": {1, 1, " S B "},
	"CONTAINS": {1, 1, " S N B BOOL NULL "}, "NOT_CONTAINS": {1, 1, " S N B BOOL NULL "},
	"NULL": {0, 0, ""}, "NOT_NULL": {0, 0, ""},
}

// tests reads a map of comparisons in the order of their names.
func tests(all map[string]attributeTest) ([]expression.Test, error) {
	var read []expression.Test
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t := all[name]
		operator, args, err := t.normal(name)
		if err != nil {
			return nil, err
		}
		if err := checkArguments(operator, args); err != nil {
			return nil, err
		}
		read = append(read, expression.Test{Name: name, Operator: operator, Args: args})
	}
	return read, nil
}

// normal turns Expected's short forms (Value, Exists) into an operator with arguments.
func (t attributeTest) normal(name string) (operator string, args []value.Value, err error) {
	switch {
	case t.Value != nil && t.AttributeValueList != nil:
		return "", nil, invalidValue("Value and AttributeValueList cannot be used together for Attribute: %s", name)
	case t.ComparisonOperator != nil && t.Exists != nil:
		return "", nil, invalidValue("Exists and ComparisonOperator cannot be used together for Attribute: %s", name)
	case t.ComparisonOperator == nil && t.AttributeValueList != nil:
		return "", nil, invalidValue("AttributeValueList can only be used with a ComparisonOperator for Attribute: %s", name)
	case t.ComparisonOperator != nil:
		args = t.AttributeValueList
		if t.Value != nil {
			args = []value.Value{*t.Value}
		}
		if args == nil && operators[*t.ComparisonOperator].least > 0 {
			return "", nil, invalidValue("Value or AttributeValueList must be used with ComparisonOperator: %s for Attribute: %s", *t.ComparisonOperator, name)
		}
		return *t.ComparisonOperator, args, nil
	case t.Exists != nil && !*t.Exists:
		if t.Value != nil {
			return "", nil, invalidValue("Value cannot be used when Exists is false for Attribute: %s", name)
		}
		return "NULL", nil, nil
	case t.Value == nil:
		exists := "null"
		if t.Exists != nil {
			exists = "true"
		}
		return "", nil, invalidValue("Value must be provided when Exists is %s for Attribute: %s", exists, name)
	}
	return "EQ", []value.Value{*t.Value}, nil
}

func checkArguments(operator string, args []value.Value) error {
	takes, known := operators[operator]
	if !known {
		names := slices.Sorted(maps.Keys(operators))
		return invalid("1 validation error detected: Value '%s' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [%s]", operator, strings.Join(names, ", "))
	}
	if len(args) < takes.least || len(args) > takes.most && (takes.most > 0 || takes.least == 0) {
		return invalidValue("Invalid number of argument(s) for the %s ComparisonOperator", operator)
	}
	for _, v := range args {
		if problem := v.Error(); problem != "" {
			return invalid("%s", problem)
		}
		if v.Kind != args[0].Kind {
			return invalidValue("AttributeValues inside AttributeValueList must be of same type")
		}
		if !strings.Contains(takes.kinds, " "+v.Kind.String()+" ") {
			return invalidValue("ComparisonOperator %s is not valid for %s AttributeValue type", operator, v.Kind)
		}
	}
	if operator == "BETWEEN" {
		if order, ok := value.Compare(args[0], args[1]); ok && order > 0 {
			return invalid("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
		}
	}
	return nil
}

// legacyCondition reads Expected, QueryFilter or ScanFilter, joined by ConditionalOperator.
func legacyCondition(all map[string]attributeTest, join *string) (*expression.Condition, error) {
	if join != nil {
		switch {
		case *join != "AND" && *join != "OR":
			return nil, invalid("1 validation error detected: Value '%s' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]", *join)
		case len(all) == 0:
			return nil, invalidValue("ConditionalOperator cannot be used without Filter or Expected")
		case len(all) == 1:
			return nil, invalidValue("ConditionalOperator can only be used when Filter or Expected has two or more elements")
		}
	}
	read, err := tests(all)
	if err != nil {
		return nil, err
	}
	return expression.NewCondition(read, join != nil && *join == "OR"), nil
}

// attributeUpdate is a change in the style that DynamoDB had before expressions.
type attributeUpdate struct {
	Action *string
	Value  *value.Value
}

func legacyUpdate(all map[string]attributeUpdate) (*expression.Update, error) {
	u := expression.NewUpdate()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		change := all[name]
		action := "PUT"
		if change.Action != nil {
			action = *change.Action
		}
		if err := change.check(name, action); err != nil {
			return nil, err
		}
		switch {
		case change.Value == nil:
			u.Remove(name)
		case action == "PUT":
			u.Set(name, *change.Value)
		case action == "ADD":
			u.Add(name, *change.Value)
		default:
			u.Delete(name, *change.Value)
		}
	}
	return u, nil
}

func (c attributeUpdate) check(name, action string) error {
	if name == "" {
		return invalid("Empty attribute name")
	}
	if action != "PUT" && action != "ADD" && action != "DELETE" {
		return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [ADD, DELETE, PUT]",
			action, fmt.Sprintf("attributeUpdates.%s.member.action", name))
	}
	if c.Value == nil {
		if action != "DELETE" {
			return invalidValue("Only DELETE action is allowed when no attribute value is specified")
		}
		return nil
	}
	if problem := c.Value.Error(); problem != "" {
		return invalid("%s", problem)
	}
	if action == "DELETE" && !c.Value.IsSet() {
		return invalidValue("DELETE action with value is not supported for the type %s", c.Value.Kind)
	}
	if action == "ADD" && !c.Value.IsSet() && c.Value.Kind != value.N && c.Value.Kind != value.L {
		return invalidValue("ADD action is not supported for the type %s", c.Value.Kind)
	}
	return nil
}

// attributesToGet is the projection that AttributesToGet asks for; nil when it was not sent.
func attributesToGet(names []string) (*expression.Projection, error) {
	if names == nil {
		return nil, nil
	}
	if len(names) == 0 {
		return nil, invalid("1 validation error detected: Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, invalidValue("Duplicate value in attribute name: %s", name)
		}
	}
	return expression.ProjectNames(names), nil
}
