package store

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Shards is how many hash keys a sparse index is spread over: one partition takes a thousand writes a second, and a
// throttled index blocks the writes of its table. Changing it strands what is in the index: add a new index instead.
const Shards = 4

// Shard names the shard that the item with this id belongs to.
func Shard(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return ShardName(int(h.Sum32() % Shards))
}

// ShardName is the name of shard i, from 0 to Shards-1.
func ShardName(i int) string { return strconv.Itoa(i) }

// Outbox is embedded in an item whose changes are told to others. While it is marked, the item stands in the sparse
// index `unpublished`, and the relay sends its snapshot until that has succeeded (P6).
type Outbox struct {
	Shard string `dynamodbav:"unpublished,omitempty"`
	Since string `dynamodbav:"unpublished_since,omitempty"` // RFC 3339, fixed width: sorts by time
}

// Mark is the Outbox of a change that has not been published.
func Mark(id string, now time.Time) Outbox {
	return Outbox{Shard: Shard(id), Since: Stamp(now)}
}

// Stamp writes a time so that text order is time order.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// OutboxIndex is the index of what is unpublished.
var OutboxIndex = Index{Name: "unpublished", Hash: "unpublished", Range: "unpublished_since", Project: []string{}}

// ClearOutbox takes the mark away, if the item is still at the write with this counter: a later change has its own mark.
func (t *Table) ClearOutbox(ctx context.Context, key Key, count int64) error {
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &t.name,
		Key:                       key.item(),
		UpdateExpression:          aws.String("REMOVE unpublished, unpublished_since"),
		ConditionExpression:       aws.String("v = :v"),
		ExpressionAttributeValues: Item{":v": number(count)},
	})
	_, err = lostTo(err, "clear the mark in "+t.name)
	return err
}

// Unpublished is an item that the relay finds: where it is, at which write, and its snapshot.
type Unpublished[S any] struct {
	PK       string `dynamodbav:"pk"`
	SK       string `dynamodbav:"sk"`
	Count    int64  `dynamodbav:"v"`
	Snapshot S      `dynamodbav:"snapshot"`
	Outbox
}

// Key is where the item is.
func (u Unpublished[S]) Key() Key { return Key{u.PK, u.SK} }

// FindUnpublished reads, shard by shard, up to limit items that were marked before the given time. The index says only
// where to look: each item is read again, consistently, and left out where its mark is gone.
func FindUnpublished[S any](ctx context.Context, t *Table, before time.Time, limit int) ([]Unpublished[S], error) {
	type pointer struct {
		PK    string `dynamodbav:"pk"`
		SK    string `dynamodbav:"sk"`
		Since string `dynamodbav:"unpublished_since"`
	}
	found, err := FindMerged(ctx, t, Query{
		Index: OutboxIndex.Name, Hash: OutboxIndex.Hash, Range: OutboxIndex.Range,
		Until: Stamp(before), Limit: limit,
	}, func(p pointer) string { return p.Since })
	if err != nil {
		return nil, fmt.Errorf("find unpublished: %w", err)
	}
	var out []Unpublished[S]
	for _, p := range found {
		u, err := Get[Unpublished[S]](ctx, t, Key{p.PK, p.SK})
		if err != nil {
			return nil, err
		}
		if u != nil && u.Shard != "" {
			out = append(out, *u)
		}
	}
	return out, nil
}
