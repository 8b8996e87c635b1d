package dynamodb

import (
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// conditional are the parameters of every single-item write.
type conditional struct {
	TableName                           *string
	ConditionExpression                 *string
	ReturnValues                        *string
	ReturnValuesOnConditionCheckFailure *string
	Expected                            map[string]attributeTest
	ConditionalOperator                 *string
	placeholders
	reporting
}

// check finds what the API's model forbids and returns the table's name.
func (c *conditional) check(k *constraints) string {
	name := k.tableName(c.TableName)
	c.reporting.check(k)
	k.enum("returnValues", c.ReturnValues, "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
	k.enum("returnValuesOnConditionCheckFailure", c.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE")
	return name
}

// onlyOld refuses return values that only updates have.
func (c *conditional) onlyOld() error {
	if c.ReturnValues != nil && *c.ReturnValues != "NONE" && *c.ReturnValues != "ALL_OLD" {
		return invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	return nil
}

func (c *conditional) returns(which string) bool {
	return c.ReturnValues != nil && *c.ReturnValues == which
}

func (c *conditional) returnsOldOnFailure() bool {
	return c.ReturnValuesOnConditionCheckFailure != nil && *c.ReturnValuesOnConditionCheckFailure == "ALL_OLD"
}

// parse reads the condition of a write that has no other expression.
func (c *conditional) parse() (*expression.Condition, error) {
	if err := exclusive(c.legacy(), []parameter{{"ConditionExpression", c.ConditionExpression != nil}}); err != nil {
		return nil, err
	}
	text := expressionText{"ConditionExpression", c.ConditionExpression}
	names, err := c.names(text)
	if err != nil {
		return nil, err
	}
	if c.ConditionExpression == nil {
		return legacyCondition(c.Expected, c.ConditionalOperator)
	}
	cond, err := condition(text, names)
	if err != nil {
		return nil, err
	}
	return cond, names.Unused()
}

func (c *conditional) legacy() []parameter {
	return []parameter{{"Expected", c.Expected != nil}, {"ConditionalOperator", c.ConditionalOperator != nil}}
}

// reply writes the answer of a single-item write.
func (op *itemWrite) reply(c *conditional, attributes value.Item) []byte {
	r := newReply()
	if len(attributes) > 0 {
		r.name("Attributes").item(attributes)
	}
	op.consumed.report(r, c.ReturnConsumedCapacity)
	op.reportCollection(r, c.ReturnItemCollectionMetrics)
	return r.end()
}

type putItemInput struct {
	Item value.Item
	conditional
}

func (s *Server) putItem(body []byte) ([]byte, error) {
	in, err := decode[putItemInput](body)
	if err != nil {
		return nil, err
	}
	var c constraints
	name := in.check(&c)
	c.required("item", in.Item != nil)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := in.onlyOld(); err != nil {
		return nil, err
	}
	if err := checkValues(in.Item); err != nil {
		return nil, err
	}
	cond, err := in.parse()
	if err != nil {
		return nil, err
	}
	op, err := s.writeItem(name, func(t *table) (*itemWrite, error) { return planPut(t, in.Item, cond, in.returnsOldOnFailure()) })
	if err != nil {
		return nil, err
	}
	if in.returns("ALL_OLD") {
		return op.reply(&in.conditional, op.old), nil
	}
	return op.reply(&in.conditional, nil), nil
}

// planPut checks an item against its table and makes the write that puts it there.
func planPut(t *table, item value.Item, cond *expression.Condition, returnOld bool) (*itemWrite, error) {
	if item.Size() > maxItem {
		return nil, invalid("Item size has exceeded the maximum allowed size")
	}
	if err := t.checkItem(item); err != nil {
		return nil, err
	}
	op := newItemWrite(t, item)
	op.condition, op.returnOld = cond, returnOld
	op.next = func(value.Item) (value.Item, error) { return item, nil }
	return op, nil
}

// checkValues finds the first attribute, by name, that breaks a rule of values.
func checkValues(item value.Item) error {
	worst, found := "", false
	for name, v := range item {
		if v.Kind == value.Invalid && (!found || name < worst) {
			worst, found = name, true
		}
	}
	if !found {
		return nil
	}
	return invalid("%s", item[worst].Error())
}
