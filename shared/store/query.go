package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Query asks for items of one hash key in the order of the range key.
type Query struct {
	Index      string // empty: the table itself
	Hash       string // attribute name of the hash key; empty: pk
	Value      string // the hash key's value
	Range      string // attribute name of the range key; empty: sk
	After      string // exclusive start in reading order; empty: from the beginning
	Until      string // inclusive end in reading order; empty: to the end. Not beside After when Descending
	Descending bool
	Limit      int      // items at most
	Consistent bool     // tables only: an index never is
	Only       []string // attributes to bring; empty: all there are
	// Containing are texts that the attribute In must contain: of what is read, the rest is not brought. Only for FindPart.
	In         string
	Containing []string
}

// Find runs the query and decodes what it finds, at most Limit items.
func Find[T any](ctx context.Context, t *Table, q Query) ([]T, error) {
	var found []T
	if q.Until != "" && !q.Descending && q.After >= q.Until { // nothing is between; the server would refuse the question
		return nil, nil
	}
	input := q.input(t.name)
	for {
		out, err := t.client.Query(ctx, input)
		if err != nil {
			return nil, unavailable("query "+t.name, err)
		}
		for _, item := range out.Items {
			v, err := decode[T](item)
			if err != nil {
				return nil, err
			}
			found = append(found, *v)
		}
		if len(out.LastEvaluatedKey) == 0 || len(found) >= q.Limit {
			return found, nil
		}
		input.ExclusiveStartKey = out.LastEvaluatedKey
		input.Limit = aws.Int32(int32(q.Limit - len(found)))
	}
}

// Part is what FindPart found.
type Part[T any] struct {
	Items []T
	Last  string // the range key of the last item that was read, also where it was not brought; empty: nothing is left
}

// FindPart reads at most Limit items, and no more than one request brings, and decodes those that are asked for.
func FindPart[T any](ctx context.Context, t *Table, q Query) (part Part[T], err error) {
	if q.Until != "" && !q.Descending && q.After >= q.Until {
		return part, nil
	}
	out, err := t.client.Query(ctx, q.input(t.name))
	if err != nil {
		return part, unavailable("query "+t.name, err)
	}
	for _, item := range out.Items {
		v, err := decode[T](item)
		if err != nil {
			return part, err
		}
		part.Items = append(part.Items, *v)
	}
	if len(out.LastEvaluatedKey) > 0 {
		last, _ := out.LastEvaluatedKey[q.sort()].(*types.AttributeValueMemberS)
		part.Last = last.Value
	}
	return part, nil
}

func (q Query) sort() string {
	if q.Range == "" {
		return attrSK
	}
	return q.Range
}

func (q Query) input(table string) *dynamodb.QueryInput {
	hash, sort := q.Hash, q.sort()
	if hash == "" {
		hash = attrPK
	}
	in := &dynamodb.QueryInput{
		TableName:                &table,
		KeyConditionExpression:   aws.String("#h = :h"),
		ExpressionAttributeNames: map[string]string{"#h": hash},
		ExpressionAttributeValues: Item{
			":h": &types.AttributeValueMemberS{Value: q.Value},
		},
		ScanIndexForward: aws.Bool(!q.Descending),
		Limit:            aws.Int32(int32(q.Limit)),
		ConsistentRead:   aws.Bool(q.Consistent),
	}
	if q.Index != "" {
		in.IndexName = &q.Index
	}
	if len(q.Only) > 0 {
		names := make([]string, len(q.Only))
		for i, name := range q.Only {
			names[i] = "#" + strconv.Itoa(i)
			in.ExpressionAttributeNames[names[i]] = name
		}
		in.ProjectionExpression = aws.String(strings.Join(names, ", "))
	}
	if len(q.Containing) > 0 {
		terms := make([]string, len(q.Containing))
		for i, text := range q.Containing {
			name := ":c" + strconv.Itoa(i)
			terms[i] = "contains(#in, " + name + ")"
			in.ExpressionAttributeValues[name] = &types.AttributeValueMemberS{Value: text}
		}
		in.ExpressionAttributeNames["#in"] = q.In
		in.FilterExpression = aws.String(strings.Join(terms, " AND "))
	}
	condition := ""
	switch {
	case q.After != "" && q.Until != "" && !q.Descending: // a key condition takes one comparison: the least text after After is a zero byte longer
		condition = " AND #r BETWEEN :a AND :r"
		in.ExpressionAttributeValues[":a"] = &types.AttributeValueMemberS{Value: q.After + "\x00"}
		in.ExpressionAttributeValues[":r"] = &types.AttributeValueMemberS{Value: q.Until}
	case q.Until != "" && q.Descending: // one bound is all a caller needs so far
		condition = " AND #r >= :r"
		in.ExpressionAttributeValues[":r"] = &types.AttributeValueMemberS{Value: q.Until}
	case q.Until != "":
		condition = " AND #r <= :r"
		in.ExpressionAttributeValues[":r"] = &types.AttributeValueMemberS{Value: q.Until}
	case q.After != "" && q.Descending:
		condition = " AND #r < :r"
		in.ExpressionAttributeValues[":r"] = &types.AttributeValueMemberS{Value: q.After}
	case q.After != "":
		condition = " AND #r > :r"
		in.ExpressionAttributeValues[":r"] = &types.AttributeValueMemberS{Value: q.After}
	}
	if condition != "" {
		in.KeyConditionExpression = aws.String("#h = :h" + condition)
		in.ExpressionAttributeNames["#r"] = sort
	}
	return in
}

// FindMerged runs the query on every shard of a sharded index at once and merges the answers in order; key gives an
// item's range key. It returns at most q.Limit items.
func FindMerged[T any](ctx context.Context, t *Table, q Query, key func(T) string) ([]T, error) {
	parts := make([][]T, Shards)
	errs := make([]error, Shards)
	var wg sync.WaitGroup
	for i := range Shards {
		t.spawn(&wg, func() {
			shard := q
			shard.Value = ShardName(i)
			parts[i], errs[i] = Find[T](ctx, t, shard)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return merge(parts, q.Limit, func(a, b T) bool {
		if q.Descending {
			return key(a) > key(b)
		}
		return key(a) < key(b)
	}), nil
}

// merge takes the first limit items of sorted lists in their common order.
func merge[T any](parts [][]T, limit int, before func(a, b T) bool) []T {
	var all []T
	for len(all) < limit {
		best := -1
		for i, p := range parts {
			if len(p) > 0 && (best < 0 || before(p[0], parts[best][0])) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		all = append(all, parts[best][0])
		parts[best] = parts[best][1:]
	}
	return all
}

const (
	// batch is how many keys one BatchGetItem takes.
	batch = 100
	// batchTries bounds how often the keys that the server did not process are asked for again.
	batchTries = 5
)

// GetAll reads items consistently, in the order of the keys; those that do not exist are left out.
func GetAll[T any](ctx context.Context, t *Table, keys []Key) ([]T, error) {
	found := map[Key]Item{}
	for chunk := range slices.Chunk(keys, batch) {
		if err := t.getBatch(ctx, chunk, found); err != nil {
			return nil, err
		}
	}
	var out []T
	for _, k := range keys {
		item, ok := found[k]
		if !ok {
			continue
		}
		v, err := decode[T](item)
		if err != nil {
			return nil, err
		}
		out = append(out, *v)
	}
	return out, nil
}

func (t *Table) getBatch(ctx context.Context, keys []Key, found map[Key]Item) error {
	request := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, k := range keys {
		request.Keys = append(request.Keys, k.item())
	}
	for range batchTries {
		out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{t.name: request}})
		if err != nil {
			return unavailable("read "+t.name, err)
		}
		for _, item := range out.Responses[t.name] {
			found[keyOf(item)] = item
		}
		left, ok := out.UnprocessedKeys[t.name]
		if !ok || len(left.Keys) == 0 {
			return nil
		}
		request = left
		if err := t.sleep(ctx, firstPause); err != nil {
			return unavailable("read "+t.name, err)
		}
	}
	return unavailable("read "+t.name, errUnprocessed)
}

var errUnprocessed = errors.New("the store leaves keys unprocessed")

func keyOf(item Item) Key {
	var k Key
	if s, ok := item[attrPK].(*types.AttributeValueMemberS); ok {
		k.PK = s.Value
	}
	if s, ok := item[attrSK].(*types.AttributeValueMemberS); ok {
		k.SK = s.Value
	}
	return k
}
