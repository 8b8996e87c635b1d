package dynamodb

import (
	"bytes"

	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// maxItem is the largest item in bytes, by DynamoDB's way of counting.
const maxItem = 400 << 10

// itemWrite is one conditional write of one item: what Put, Update, Delete, batches and transactions have in common. It is
// made before the committer and decided inside it.
type itemWrite struct {
	table     *table
	key       []byte
	condition *expression.Condition
	next      func(old value.Item) (value.Item, error) // what the item becomes; nil: nothing
	returnOld bool                                     // when the condition fails
	checkOnly bool                                     // a transaction looks at the item and leaves it

	old, new value.Item // set by decide
	oldSize  int
	consumed *consumed
}

func newItemWrite(t *table, keyAttributes value.Item) *itemWrite {
	return &itemWrite{table: t, key: t.key.encode(keyAttributes)}
}

// decide reads the item, checks the condition and computes what the item becomes. It writes nothing.
func (op *itemWrite) decide(r engine.Reader) error {
	op.consumed = &consumed{table: op.table, write: true}
	rec, err := getRecord(r, op.table.space(), op.key)
	if err != nil {
		return err
	}
	op.oldSize = rec.size()
	op.consumed.base = writeUnits(op.oldSize) // billed even if refused
	if op.old, err = rec.item(); err != nil {
		return err
	}
	if !op.condition.Match(op.old) {
		if op.returnOld {
			return conditionFailed(op.old)
		}
		return conditionFailed(nil)
	}
	op.new, err = op.next(op.old)
	return err
}

// store writes what decide found, in the table and in its indexes, and counts it.
func (op *itemWrite) store(w engine.Writer) error {
	space := op.table.space()
	var rec record
	if op.new == nil {
		if op.old != nil {
			if err := w.Delete(space, op.key); err != nil {
				return err
			}
		}
	} else {
		rec = makeRecord(op.new)
		if err := w.Put(space, op.key, rec); err != nil {
			return err
		}
	}
	op.consumed.base = writeUnits(max(op.oldSize, rec.size()))
	for _, x := range op.table.indexes {
		if err := op.storeIndex(w, x, rec); err != nil {
			return err
		}
	}
	return nil
}

// storeIndex brings an index in line with the item: entering or leaving it costs one write, moving in it two, and a
// change that it does not show nothing.
func (op *itemWrite) storeIndex(w engine.Writer, x *index, whole record) error {
	oldKey, newKey := x.entry(op.old, op.key), x.entry(op.new, op.key)
	moved := !bytes.Equal(oldKey, newKey)
	oldSize := 0
	if oldKey != nil {
		oldRec := record(w.Get(x.space, oldKey))
		if oldSize = oldRec.size(); moved {
			op.consumed.addIndex(x.name, writeUnits(oldSize))
			if err := w.Delete(x.space, oldKey); err != nil {
				return err
			}
		} else if newKey != nil {
			if next := x.record(op.new, whole); !bytes.Equal(oldRec, next) {
				op.consumed.addIndex(x.name, writeUnits(max(oldSize, next.size())))
				return w.Put(x.space, newKey, next)
			}
			return nil
		}
	}
	if newKey == nil || !moved {
		return nil
	}
	next := x.record(op.new, whole)
	op.consumed.addIndex(x.name, writeUnits(next.size()))
	return w.Put(x.space, newKey, next)
}

// record is the item as the index shows it.
func (x *index) record(item value.Item, whole record) record {
	if x.projection == nil {
		return whole
	}
	return makeRecord(x.projection.Apply(item))
}

// writeItem runs one itemWrite by itself; plan makes it for the table as it is.
func (s *Server) writeItem(tableName string, plan func(*table) (*itemWrite, error)) (*itemWrite, error) {
	var op *itemWrite
	err := s.write(func() ([]*table, func(engine.Writer) error, error) {
		t, err := s.catalog.get(tableName)
		if err != nil {
			return nil, nil, err
		}
		if op, err = plan(t); err != nil {
			return nil, nil, err
		}
		return []*table{t}, func(w engine.Writer) error {
			if err := op.decide(w); err != nil {
				return err
			}
			return op.store(w)
		}, nil
	})
	if op != nil && op.consumed != nil {
		s.account.add(op.consumed)
	}
	return op, err
}
