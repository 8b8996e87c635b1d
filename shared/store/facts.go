package store

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// writeBatch is how many writes one BatchWriteItem takes.
const writeBatch = 25

// Facts are items that never change: whoever writes one at a key writes the same, and one that was deleted is never
// written for good again. Only such may be written in a batch, which takes no conditions: a write that comes late or
// twice then does no harm.
type Facts[T any] struct {
	Put    map[Key]T
	Delete []Key
}

// WriteFacts puts and deletes in as few requests as there can be, a write unit per KB each. After an error, some may be
// written: it can be done again. Unavailable when the store is not there.
func WriteFacts[T any](ctx context.Context, t *Table, facts Facts[T]) error {
	var writes []types.WriteRequest
	for key, value := range facts.Put {
		item, err := encode(value)
		if err != nil {
			return err
		}
		for name, v := range key.item() {
			item[name] = v
		}
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	for _, key := range facts.Delete {
		writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key.item()}})
	}
	for chunk := range slices.Chunk(writes, writeBatch) {
		if err := t.writeBatch(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) writeBatch(ctx context.Context, writes []types.WriteRequest) error {
	for try := range batchTries {
		out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{t.name: writes}})
		if err != nil {
			return unavailable("write to "+t.name, err)
		}
		if writes = out.UnprocessedItems[t.name]; len(writes) == 0 {
			return nil
		}
		if err := t.sleep(ctx, firstPause<<try); err != nil {
			return unavailable("write to "+t.name, err)
		}
	}
	return unavailable("write to "+t.name, errUnprocessed)
}
