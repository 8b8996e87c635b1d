package dynamodb

import (
	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// choosing are the parameters by which a read chooses attributes.
type choosing struct {
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
	AttributesToGet          []string
}

// parse returns nil when all attributes are wanted.
func (in *choosing) parse() (*expression.Projection, error) {
	err := exclusive([]parameter{{"AttributesToGet", in.AttributesToGet != nil}}, []parameter{{"ProjectionExpression", in.ProjectionExpression != nil}})
	if err != nil {
		return nil, err
	}
	names, err := placeholders{ExpressionAttributeNames: in.ExpressionAttributeNames}.names(expressionText{"ProjectionExpression", in.ProjectionExpression})
	if err != nil {
		return nil, err
	}
	if in.AttributesToGet != nil {
		return attributesToGet(in.AttributesToGet)
	}
	chosen, err := projection(in.ProjectionExpression, names)
	if err != nil {
		return nil, err
	}
	return chosen, names.Unused()
}

type getItemInput struct {
	TableName      *string
	Key            value.Item
	ConsistentRead bool
	choosing
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
	chosen, err := in.parse()
	if err != nil {
		return nil, err
	}
	get, err := s.planGet(name, in.Key, chosen)
	if err != nil {
		return nil, err
	}
	used := &consumed{table: get.table}
	out := newReply()
	err = s.engine.View(func(r engine.Reader) error {
		rec, err := get.record(r)
		if err != nil || rec == nil {
			used.base = readUnits(0, in.ConsistentRead)
			return err
		}
		used.base = readUnits(rec.size(), in.ConsistentRead)
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

// itemGet is one read of one item: what GetItem, batches and transactions have in common.
type itemGet struct {
	table  *table
	key    []byte
	chosen *expression.Projection
}

func (s *Server) planGet(tableName string, key value.Item, chosen *expression.Projection) (*itemGet, error) {
	t, err := s.catalog.get(tableName)
	if err != nil {
		return nil, err
	}
	if err := t.checkKey(key); err != nil {
		return nil, err
	}
	return &itemGet{table: t, key: t.key.encode(key), chosen: chosen}, nil
}

func (g *itemGet) record(r engine.Reader) (record, error) {
	return getRecord(r, g.table.space(), g.key)
}
