package dynamodb

import "usher.example/knative/dynamodb/internal/value"

// Items that share a hash key are one collection in tables with local indexes, whose size DynamoDB bounds and reports in
// whole gigabytes; on a laptop it is between 0 and 1.

// hasCollection says whether a write changed a collection: a condition that is only checked changes nothing.
func (op *itemWrite) hasCollection() bool {
	return len(op.table.LocalSecondaryIndexes) > 0 && !op.checkOnly
}

func (op *itemWrite) appendCollection(r *reply) {
	hash := op.table.key.hash[0].name
	v, ok := op.new[hash]
	if !ok {
		v, ok = op.old[hash]
	}
	r.open('{')
	if ok {
		r.name("ItemCollectionKey").item(value.Item{hash: v})
	}
	r.name("SizeEstimateRangeGB").open('[').int(0).comma().int(1).close(']').close('}')
}

// reportCollection adds ItemCollectionMetrics as single requests have it.
func (op *itemWrite) reportCollection(r *reply, mode *string) {
	if mode != nil && *mode == "SIZE" && op.hasCollection() {
		r.name("ItemCollectionMetrics")
		op.appendCollection(r)
	}
}

// reportCollections adds ItemCollectionMetrics as batches have it: lists by table.
func reportCollections(r *reply, writes []*itemWrite, mode *string) {
	if mode == nil || *mode != "SIZE" {
		return
	}
	r.name("ItemCollectionMetrics").open('{')
	var last *table
	for _, op := range writes {
		if !op.hasCollection() {
			continue
		}
		if op.table != last {
			if last != nil {
				r.close(']')
			}
			r.key(op.table.TableName).open('[')
			last = op.table
		}
		r.comma()
		op.appendCollection(r)
	}
	if last != nil {
		r.close(']')
	}
	r.close('}')
}
