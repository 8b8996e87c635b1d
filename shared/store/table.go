package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"usher.example/shared/problem"
)

// Attribute names that the store itself gives a meaning.
const (
	attrPK      = "pk" // hash key
	attrSK      = "sk" // range key, in tables that have one
	attrCounter = "v"  // counts the writes of an item; every write is conditional on it
)

const (
	// tries bounds how often a lost race is decided again: eight losses in a row mean a storm that waiting helps more.
	tries = 8
	// firstPause doubles with each try, and is taken at random from nothing to its length, so that rivals part.
	firstPause = 4 * time.Millisecond
)

// Table is one table. Its methods are safe for concurrent use.
type Table struct {
	client API
	name   string
	sleep  func(context.Context, time.Duration) error
	spawn  func(*sync.WaitGroup, func())
	lost   func() // is told of each lost race
}

// Key names an item: PK alone, or PK and SK in tables with a range key.
type Key struct{ PK, SK string }

// Item is an item as the SDK has it.
type Item = map[string]types.AttributeValue

func (k Key) item() Item {
	m := Item{attrPK: &types.AttributeValueMemberS{Value: k.PK}}
	if k.SK != "" {
		m[attrSK] = &types.AttributeValueMemberS{Value: k.SK}
	}
	return m
}

// Decide says what an item becomes. cur is nil where there is none. It returns nil to leave things as they are, and an
// error to refuse. It must be pure: it is called again after a lost race, and its own write may be what it then sees
// (a write whose answer was lost).
type Decide[T any] func(cur *T) (next *T, err error)

// Get reads an item consistently. It returns nil, nil where there is none.
func Get[T any](ctx context.Context, t *Table, key Key) (*T, error) {
	item, err := t.get(ctx, key)
	if err != nil || item == nil {
		return nil, err
	}
	return decode[T](item)
}

// Write says what an Update did.
type Write struct {
	Changed bool
	Count   int64 // the item's counter of writes; 0 where there is none
}

// Update changes the item at key as decide says, and returns what it is then, also beside an error of decide's own.
// Other errors: Conflict after too many lost races; Unavailable when the store is not there.
func Update[T any](ctx context.Context, t *Table, key Key, decide Decide[T]) (*T, Write, error) {
	seen, err := Look[T](ctx, t, key)
	if err != nil {
		return nil, Write{}, err
	}
	return update(ctx, t, key, seen, decide)
}

// Seen is an item as it was read or written; Value is nil where there was none. A change may start from it without reading
// it again.
type Seen[T any] struct {
	Value *T
	count int64
}

// Look is Get for an item that will most likely be changed.
func Look[T any](ctx context.Context, t *Table, key Key) (Seen[T], error) {
	item, err := t.get(ctx, key)
	if err != nil || item == nil {
		return Seen[T]{}, err
	}
	value, err := decode[T](item)
	return Seen[T]{value, counter(item)}, err
}

// Wrote is an item as a write left it.
func Wrote[T any](value *T, w Write) Seen[T] { return Seen[T]{value, w.Count} }

// UpdateFrom is Update that starts from what was seen of the item before: it saves the read where the item is still so.
// Where decide has nothing to write, what was seen may be outdated: the item is read then, and decided again.
func UpdateFrom[T any](ctx context.Context, t *Table, key Key, seen Seen[T], decide Decide[T]) (*T, Write, error) {
	if seen.count == 0 { // nothing was seen, or nothing was there
		return Update(ctx, t, key, decide)
	}
	if next, err := decide(seen.Value); err != nil || next == nil {
		return Update(ctx, t, key, decide)
	}
	return update(ctx, t, key, seen, decide)
}

// Insert is Update for an item that most likely does not exist yet: it saves the read.
func Insert[T any](ctx context.Context, t *Table, key Key, decide Decide[T]) (*T, Write, error) {
	return update(ctx, t, key, Seen[T]{}, decide)
}

func update[T any](ctx context.Context, t *Table, key Key, seen Seen[T], decide Decide[T]) (*T, Write, error) {
	for try := range tries {
		next, err := decide(seen.Value)
		if err != nil {
			return seen.Value, Write{}, err
		}
		if next == nil {
			return seen.Value, Write{Count: seen.count}, nil
		}
		lost, err := t.put(ctx, key, seen.count, next)
		if err != nil {
			return nil, Write{}, err
		}
		if lost == nil {
			return next, Write{true, seen.count + 1}, nil
		}
		t.lost()
		if seen, err = found[T](ctx, t, key, lost); err != nil {
			return nil, Write{}, err
		}
		if try > 0 { // the first loss is answered at once: what it was lost to is known
			if err := t.sleep(ctx, time.Duration(rand.Int64N(int64(firstPause<<try)))); err != nil {
				return nil, Write{}, unavailable("wait to write", err)
			}
		}
	}
	return nil, Write{}, problem.New(problem.Conflict, "Too many people want the same thing at this moment. Please try again.").After(time.Second)
}

// found is what a write lost to: the item as the server returned it. It is read where the server does not return it, or
// it was deleted.
func found[T any](ctx context.Context, t *Table, key Key, lost Item) (Seen[T], error) {
	if len(lost) == 0 {
		return Look[T](ctx, t, key)
	}
	value, err := decode[T](lost)
	return Seen[T]{value, counter(lost)}, err
}

// put writes next where the item's counter is still count (0: where there is none). It returns the item that was there
// instead, or an empty one where the server does not tell.
func (t *Table) put(ctx context.Context, key Key, count int64, next any) (lost Item, err error) {
	item, err := encode(next)
	if err != nil {
		return nil, err
	}
	for name, value := range key.item() {
		item[name] = value
	}
	item[attrCounter] = number(count + 1)
	in := &dynamodb.PutItemInput{
		TableName:                           &t.name,
		Item:                                item,
		ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if count > 0 {
		in.ConditionExpression = aws.String("v = :v")
		in.ExpressionAttributeValues = Item{":v": number(count)}
	}
	_, err = t.client.PutItem(ctx, in)
	return lostTo(err, "write")
}

// Delete removes the item. It is no error where there is none.
func (t *Table) Delete(ctx context.Context, key Key) error {
	if _, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.name, Key: key.item()}); err != nil {
		return unavailable("delete from "+t.name, err)
	}
	return nil
}

// DeleteIf removes the item if its attribute has this value. It is no error where there is none, or another one.
func (t *Table) DeleteIf(ctx context.Context, key Key, attribute, value string) error {
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.name, Key: key.item(), ConditionExpression: aws.String("#a = :a"),
		ExpressionAttributeNames:  map[string]string{"#a": attribute},
		ExpressionAttributeValues: Item{":a": &types.AttributeValueMemberS{Value: value}},
	})
	_, err = lostTo(err, "delete from "+t.name)
	return err
}

func (t *Table) get(ctx context.Context, key Key) (Item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: key.item(), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, unavailable("read "+t.name, err)
	}
	return out.Item, nil
}

// lostTo takes a failed condition out of a write's error: nil, nil when the write went through.
func lostTo(err error, doing string) (Item, error) {
	if err == nil {
		return nil, nil
	}
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		if failed.Item == nil {
			return Item{}, nil
		}
		return failed.Item, nil
	}
	return nil, unavailable(doing, err)
}

func unavailable(doing string, err error) error {
	return problem.New(problem.Unavailable, "Our records cannot be reached at the moment. Please try again.").After(time.Second).Because(fmt.Errorf("%s: %w", doing, err))
}

func counter(item Item) int64 {
	if n, ok := item[attrCounter].(*types.AttributeValueMemberN); ok {
		count, _ := strconv.ParseInt(n.Value, 10, 64) // ours: the store wrote it
		return count
	}
	return 0
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// An item's own fields are tagged dynamodbav; the snapshots inside it are the contract's types, tagged json.
func encode(v any) (Item, error) {
	item, err := attributevalue.MarshalMapWithOptions(v, func(o *attributevalue.EncoderOptions) { o.TagKey = "json" })
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return item, nil
}

func decode[T any](item Item) (*T, error) {
	v := new(T)
	err := attributevalue.UnmarshalMapWithOptions(item, v, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
	if err != nil {
		return nil, fmt.Errorf("decode %T: %w", v, err)
	}
	return v, nil
}
