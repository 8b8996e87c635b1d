package dynamodb

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// Limits of BatchGetItem.
const (
	maxBatchGets  = 100
	maxBatchReply = 16 << 20 // bytes of items; what is left over is returned as unprocessed
)

type keysOfTable struct {
	Keys           []value.Item
	ConsistentRead bool
	choosing
}

type batchGetInput struct {
	RequestItems map[string]keysOfTable
	reporting
}

func (s *Server) batchGetItem(body []byte) ([]byte, error) {
	in, err := decode[batchGetInput](body)
	if err != nil {
		return nil, err
	}
	gets, err := s.planBatchGet(in, body)
	if err != nil {
		return nil, err
	}
	var used consumption
	out := newReply()
	left := map[string][]value.Item{}
	err = s.engine.View(func(r engine.Reader) error {
		size := 0
		out.name("Responses").open('{')
		for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
			out.key(name).open('[')
			for i, g := range gets[name] {
				if size > maxBatchReply {
					left[name] = append(left[name], in.RequestItems[name].Keys[i])
					continue
				}
				rec, err := g.record(r)
				if err != nil {
					return err
				}
				used.of(g.table, false, false).base += readUnits(rec.size(), in.RequestItems[name].ConsistentRead)
				if size += rec.size(); rec == nil {
					continue
				}
				out.comma()
				if err := rec.appendTo(out, g.chosen); err != nil {
					return err
				}
			}
			out.close(']')
		}
		out.close('}')
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.account.addAll(used)
	out.unprocessedKeys(in, left)
	used.report(out, in.ReturnConsumedCapacity)
	return out.end(), nil
}

// unprocessedKeys returns what did not fit, in the form of the request.
func (r *reply) unprocessedKeys(in *batchGetInput, left map[string][]value.Item) {
	r.name("UnprocessedKeys").open('{')
	for _, name := range slices.Sorted(maps.Keys(left)) {
		sent := in.RequestItems[name]
		r.key(name).open('{').name("Keys").open('[')
		for _, key := range left[name] {
			r.comma().item(key)
		}
		r.close(']')
		if sent.ConsistentRead {
			r.name("ConsistentRead").raw([]byte("true"))
		}
		if sent.ProjectionExpression != nil {
			r.name("ProjectionExpression").string(*sent.ProjectionExpression)
		}
		if sent.ExpressionAttributeNames != nil {
			r.name("ExpressionAttributeNames").open('{')
			for _, placeholder := range slices.Sorted(maps.Keys(sent.ExpressionAttributeNames)) {
				r.key(placeholder).string(sent.ExpressionAttributeNames[placeholder])
			}
			r.close('}')
		}
		r.close('}')
	}
	r.close('}')
}

func (in *batchGetInput) check(body []byte) error {
	var c constraints
	c.required("requestItems", in.RequestItems != nil)
	names := slices.Sorted(maps.Keys(in.RequestItems))
	if slices.ContainsFunc(names, func(name string) bool { return !isTableKey(name) }) {
		c.add("'"+sentItems(body)+"'", "requestItems", mapKeys)
	}
	in.reporting.check(&c)
	total := 0
	for _, name := range names {
		keys := in.RequestItems[name].Keys
		member := "RequestItems." + name + ".member.Keys"
		c.required(member, keys != nil)
		switch {
		case len(keys) > maxBatchGets:
			c.addUnseen(member, "Member must have length less than or equal to 100")
		case keys != nil && len(keys) == 0:
			c.addUnseen(member, "Member must have length greater than or equal to 1")
		}
		total += len(keys)
	}
	if err := c.err(); err != nil {
		return err
	}
	if total == 0 {
		return invalid("The requestItems parameter is required for BatchGetItem")
	}
	if total > maxBatchGets {
		return invalid("Too many items requested for the BatchGetItem call")
	}
	return in.checkStyle()
}

// maxEcho bounds how much of a request an error repeats, in bytes.
const maxEcho = 4096

// sentItems is the parameter RequestItems as it was sent, without white space.
func sentItems(body []byte) string {
	var sent struct{ RequestItems jsontext.Value }
	if json.Unmarshal(body, &sent) != nil || sent.RequestItems.Compact() != nil || len(sent.RequestItems) > maxEcho {
		return "{...}"
	}
	return string(sent.RequestItems)
}

// checkStyle refuses to choose attributes by expression in one table and by name in another.
func (in *batchGetInput) checkStyle() error {
	byName, byExpression := false, false
	for _, of := range in.RequestItems {
		byName = byName || of.AttributesToGet != nil
		byExpression = byExpression || of.ProjectionExpression != nil
	}
	return exclusive([]parameter{{"AttributesToGet", byName}}, []parameter{{"ProjectionExpression", byExpression}})
}

func (s *Server) planBatchGet(in *batchGetInput, body []byte) (map[string][]*itemGet, error) {
	if err := in.check(body); err != nil {
		return nil, err
	}
	gets := map[string][]*itemGet{}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		of := in.RequestItems[name]
		chosen, err := of.parse()
		if err != nil {
			return nil, err
		}
		if gets[name], err = s.planGets(name, of.Keys, chosen); err != nil {
			return nil, err
		}
	}
	return gets, nil
}

func (s *Server) planGets(name string, keys []value.Item, chosen *expression.Projection) ([]*itemGet, error) {
	var gets []*itemGet
	seen := map[string]bool{}
	var c constraints
	table := c.tableName(&name)
	for _, key := range keys {
		if err := checkValues(key); err != nil {
			return nil, err
		}
		g, err := s.planGet(table, key, chosen)
		if err != nil {
			return nil, err
		}
		if seen[string(g.key)] {
			return nil, invalid("Provided list of item keys contains duplicates")
		}
		seen[string(g.key)] = true
		gets = append(gets, g)
	}
	return gets, nil
}
