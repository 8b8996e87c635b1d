package dynamodb

import "usher.example/knative/dynamodb/internal/value"

// reportCollection adds ItemCollectionMetrics, which only tables with local indexes have: items that share a hash key are
// then one collection of bounded size.
func (op *itemWrite) reportCollection(r *reply, mode *string) {
	if mode == nil || *mode != "SIZE" || len(op.table.LocalSecondaryIndexes) == 0 {
		return
	}
	hash := op.table.key.hash.name
	v := op.new[hash]
	if op.new == nil {
		v = op.old[hash]
	}
	r.name("ItemCollectionMetrics").open('{')
	r.name("ItemCollectionKey").item(value.Item{hash: v})
	r.name("SizeEstimateRangeGB").open('[').int(0).comma().int(1).close(']').close('}')
}
