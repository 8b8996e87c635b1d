package dynamodb

import (
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

type deleteItemInput struct {
	Key value.Item
	conditional
}

func (s *Server) deleteItem(body []byte) ([]byte, error) {
	in, err := decode[deleteItemInput](body)
	if err != nil {
		return nil, err
	}
	var c constraints
	name := in.check(&c)
	c.required("key", in.Key != nil)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := in.onlyOld(); err != nil {
		return nil, err
	}
	if err := checkValues(in.Key); err != nil {
		return nil, err
	}
	cond, err := in.parse()
	if err != nil {
		return nil, err
	}
	op, err := s.writeItem(name, func(t *table) (*itemWrite, error) { return planDelete(t, in.Key, cond, in.returnsOldOnFailure()) })
	if err != nil {
		return nil, err
	}
	if in.returns("ALL_OLD") {
		return op.reply(&in.conditional, op.old), nil
	}
	return op.reply(&in.conditional, nil), nil
}

func planDelete(t *table, key value.Item, cond *expression.Condition, returnOld bool) (*itemWrite, error) {
	if err := t.checkKey(key); err != nil {
		return nil, err
	}
	op := newItemWrite(t, key)
	op.condition, op.returnOld = cond, returnOld
	op.next = func(value.Item) (value.Item, error) { return nil, nil }
	return op, nil
}
