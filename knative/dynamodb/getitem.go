package dynamodb

import (
	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/value"
)

type getItemInput struct {
	TableName                *string
	Key                      value.Item
	ConsistentRead           bool
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
	reporting
}

func (s *Server) getItem(body []byte) ([]byte, error) {
	in, err := decode[getItemInput](body)
	if err != nil {
		return nil, err
	}
	var c constraints
	name := c.tableName(in.TableName)
	c.required("key", in.Key != nil)
	in.reporting.check(&c)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := checkValues(in.Key); err != nil {
		return nil, err
	}
	names, err := placeholders{ExpressionAttributeNames: in.ExpressionAttributeNames}.names(expressionText{"ProjectionExpression", in.ProjectionExpression})
	if err != nil {
		return nil, err
	}
	chosen, err := projection(in.ProjectionExpression, names)
	if err != nil {
		return nil, err
	}
	if err := names.Unused(); err != nil {
		return nil, err
	}
	t, err := s.catalog.get(name)
	if err != nil {
		return nil, err
	}
	if err := t.checkKey(in.Key); err != nil {
		return nil, err
	}
	used := &consumed{table: t}
	out := newReply()
	err = s.engine.View(func(r engine.Reader) error {
		rec, err := getRecord(r, t.space(), t.key.encode(in.Key))
		if err != nil {
			return err
		}
		used.base = readUnits(rec.size(), in.ConsistentRead)
		if rec == nil {
			return nil
		}
		out.name("Item")
		return rec.appendTo(out, chosen)
	})
	if err != nil {
		return nil, err
	}
	s.account.add(used)
	used.report(out, in.ReturnConsumedCapacity)
	return out.end(), nil
}
