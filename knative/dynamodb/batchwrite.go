package dynamodb

import (
	"maps"
	"slices"

	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/value"
)

// Limits of BatchWriteItem.
const (
	maxBatchWrites = 25
	maxBatchBytes  = 16 << 20 // of all items together
)

type writeRequest struct {
	PutRequest    *struct{ Item value.Item }
	DeleteRequest *struct{ Key value.Item }
}

type batchWriteInput struct {
	RequestItems map[string][]writeRequest
	reporting
}

func (s *Server) batchWriteItem(body []byte) ([]byte, error) {
	in, err := decode[batchWriteInput](body)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	var writes []*itemWrite
	err = s.write(func() (tables []*table, apply func(engine.Writer) error, err error) {
		if writes, tables, err = s.planBatchWrite(in); err != nil {
			return nil, nil, err
		}
		return tables, func(w engine.Writer) error { return writeAll(w, writes) }, nil
	})
	if err != nil {
		return nil, err
	}
	used := total(writes, false)
	s.account.addAll(used)
	r := newReply()
	r.name("UnprocessedItems").open('{').close('}')
	reportCollections(r, writes, in.ReturnItemCollectionMetrics)
	used.report(r, in.ReturnConsumedCapacity)
	return r.end(), nil
}

func (in *batchWriteInput) check() error {
	var c constraints
	c.required("requestItems", in.RequestItems != nil)
	in.reporting.check(&c)
	total, bytes := 0, 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		requests := in.RequestItems[name]
		if len(requests) == 0 || len(requests) > maxBatchWrites {
			c.add(echoOf(name, len(requests)), "requestItems",
				"Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]")
		}
		total += len(requests)
		for _, request := range requests {
			if request.PutRequest != nil {
				bytes += request.PutRequest.Item.Size()
			}
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		if !isTableKey(name) {
			c.add(echoOf(name, len(in.RequestItems[name])), "requestItems", mapKeys)
			return c.err()
		}
	}
	if total == 0 {
		return invalid("The requestItems parameter is required for BatchWriteItem")
	}
	if total > maxBatchWrites {
		return invalid("Too many items requested for the BatchWriteItem call")
	}
	if bytes > maxBatchBytes {
		return invalid("The batch's items are larger than %d bytes together", maxBatchBytes)
	}
	return nil
}

// echoOf names a table and its requests in an error. DynamoDB repeats them whole, in a form of its own.
func echoOf(name string, requests int) string {
	if requests == 0 {
		return "'{" + name + "=[]}'"
	}
	return "'{" + name + "=[...]}'"
}

func (s *Server) planBatchWrite(in *batchWriteInput) (writes []*itemWrite, tables []*table, err error) {
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		var c constraints
		t, err := s.catalog.get(c.tableName(&name))
		if err != nil {
			return nil, nil, err
		}
		tables = append(tables, t)
		seen := map[string]bool{}
		for _, request := range in.RequestItems[name] {
			op, err := request.plan(t)
			if err != nil {
				return nil, nil, err
			}
			if seen[string(op.key)] {
				return nil, nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[string(op.key)] = true
			writes = append(writes, op)
		}
	}
	return writes, tables, nil
}

func (w writeRequest) plan(t *table) (*itemWrite, error) {
	switch {
	case w.PutRequest != nil && w.DeleteRequest != nil:
		return nil, invalid("Supplied WriteRequest has more than one operation set, must contain exactly one of PutRequest and DeleteRequest")
	case w.PutRequest != nil:
		if err := checkValues(w.PutRequest.Item); err != nil {
			return nil, err
		}
		if _, ok := t.key.of(w.PutRequest.Item); !ok {
			return nil, mismatch("The provided key element does not match the schema")
		}
		return planPut(t, w.PutRequest.Item, nil, false)
	case w.DeleteRequest != nil:
		if err := checkValues(w.DeleteRequest.Key); err != nil {
			return nil, err
		}
		return planDelete(t, w.DeleteRequest.Key, nil, false)
	}
	return nil, invalid("Supplied WriteRequest is empty, must contain exactly one of PutRequest and DeleteRequest")
}

// writeAll decides every write before it stores the first, so that an error leaves nothing behind.
func writeAll(w engine.Writer, writes []*itemWrite) error {
	for _, op := range writes {
		if err := op.decide(w); err != nil {
			return err
		}
	}
	for _, op := range writes {
		if err := op.store(w); err != nil {
			return err
		}
	}
	return nil
}

// total adds up what writes consumed, by table.
func total(writes []*itemWrite, double bool) consumption {
	var all consumption
	for _, op := range writes {
		if op.consumed == nil {
			continue
		}
		sum := all.of(op.table, true, double)
		sum.base += op.consumed.base
		for name, units := range op.consumed.indexes {
			sum.addIndex(name, units)
		}
	}
	return all
}
