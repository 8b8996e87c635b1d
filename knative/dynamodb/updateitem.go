package dynamodb

import (
	"maps"

	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

type updateItemInput struct {
	Key              value.Item
	AttributeUpdates map[string]attributeUpdate
	UpdateExpression *string
	conditional
}

// parseUpdate reads both expressions; update is nil when none was sent.
func (in *updateItemInput) parseUpdate() (update *expression.Update, cond *expression.Condition, err error) {
	err = exclusive(append([]parameter{{"AttributeUpdates", in.AttributeUpdates != nil}}, in.legacy()...),
		[]parameter{{"UpdateExpression", in.UpdateExpression != nil}, {"ConditionExpression", in.ConditionExpression != nil}})
	if err != nil {
		return nil, nil, err
	}
	text := expressionText{"ConditionExpression", in.ConditionExpression}
	names, err := in.names(expressionText{"UpdateExpression", in.UpdateExpression}, text)
	if err != nil {
		return nil, nil, err
	}
	if in.UpdateExpression != nil {
		if update, err = expression.ParseUpdate(*in.UpdateExpression, names); err != nil {
			return nil, nil, err
		}
	}
	if cond, err = condition(text, names); err != nil {
		return nil, nil, err
	}
	if in.AttributeUpdates != nil {
		if update, err = legacyUpdate(in.AttributeUpdates); err != nil {
			return nil, nil, err
		}
	}
	if cond == nil {
		if cond, err = legacyCondition(in.Expected, in.ConditionalOperator); err != nil {
			return nil, nil, err
		}
	}
	return update, cond, names.Unused()
}

func (s *Server) updateItem(body []byte) ([]byte, error) {
	in, err := decode[updateItemInput](body)
	if err != nil {
		return nil, err
	}
	var c constraints
	name := in.check(&c)
	c.required("key", in.Key != nil)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := checkValues(in.Key); err != nil {
		return nil, err
	}
	update, cond, err := in.parseUpdate()
	if err != nil {
		return nil, err
	}
	op, err := s.writeItem(name, func(t *table) (*itemWrite, error) {
		return planUpdate(t, in.Key, update, cond, in.returnsOldOnFailure())
	})
	if err != nil {
		return nil, err
	}
	return op.reply(&in.conditional, in.attributes(op, update)), nil
}

// attributes are what ReturnValues asks for.
func (in *updateItemInput) attributes(op *itemWrite, update *expression.Update) value.Item {
	touched := &expression.Projection{}
	if update != nil {
		touched = update.Touched()
	}
	switch {
	case in.returns("ALL_OLD"):
		return op.old
	case in.returns("ALL_NEW"):
		return op.new
	case in.returns("UPDATED_OLD") && update != nil:
		return touched.Apply(op.old)
	case in.returns("UPDATED_NEW") && update != nil:
		return touched.Apply(op.new)
	}
	return nil
}

// planUpdate makes the write that changes an item, or makes one of the key and the changes where there is none.
func planUpdate(t *table, key value.Item, update *expression.Update, cond *expression.Condition, returnOld bool) (*itemWrite, error) {
	if err := t.checkKey(key); err != nil {
		return nil, err
	}
	if err := t.checkNoKey(update); err != nil {
		return nil, err
	}
	op := newItemWrite(t, key)
	op.condition, op.returnOld = cond, returnOld
	op.next = func(old value.Item) (value.Item, error) {
		if old == nil {
			old = maps.Clone(key)
		}
		if update == nil {
			return old, nil
		}
		next, err := update.Apply(old)
		if err != nil {
			return nil, err
		}
		if next.Size() > maxItem {
			return nil, invalid("Item size to update has exceeded the maximum allowed size")
		}
		if problem := next.TooDeep(); problem != "" {
			return nil, invalid("%s", problem)
		}
		return next, t.checkUpdatedKeys(next)
	}
	return op, nil
}

// checkUpdatedKeys is checkIndexKeys with an update's own words for empty values. What it finds first is an empty value:
// DynamoDB refuses that in the request, and a wrong type when it meets the item.
func (t *table) checkUpdatedKeys(item value.Item) error {
	for _, x := range t.indexes {
		for _, e := range x.key.elements() {
			if v, ok := item[e.name]; ok && v.Kind == e.kind && v.Kind != value.N && v.Str == "" {
				return invalid("One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty %s value.", longKind(v.Kind))
			}
		}
	}
	return t.checkIndexKeys(item)
}

// checkNoKey refuses updates of the key, which names the item.
func (t *table) checkNoKey(update *expression.Update) error {
	var err error
	if update != nil {
		update.Paths(func(p expression.Path) {
			for _, e := range t.key.elements() {
				if err == nil && p.Top() == e.name {
					err = invalidValue("Cannot update attribute %s. This attribute is part of the key", e.name)
				}
			}
		})
	}
	return err
}
