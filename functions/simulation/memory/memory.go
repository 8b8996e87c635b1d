// Package memory is a store in memory that answers as DynamoDB does, as far as shared/store asks: whole items put on a
// condition, marks removed, one key read or a range of one hash key queried, in a table or in an index that may lag.
//
// Items are never changed in place: what was put, and what was read, belongs to nobody.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Item is an item as the SDK has it.
type Item = map[string]types.AttributeValue

// maxBatch is how many writes DynamoDB takes in one request.
const maxBatch = 25

// Key names an item of a table.
type Key struct{ Table, PK, SK string }

// Store implements store.API. Its methods are safe for concurrent use.
type Store struct {
	// Wrote is told of each write with what was there before; either may be nil. It must not call the store.
	Wrote func(k Key, before, after Item)
	// Lag holds back what an index shows of a write for as long as it says true.
	Lag func() bool

	mu     sync.Mutex
	tables map[string]*table
}

// New makes a Store without tables.
func New() *Store { return &Store{tables: map[string]*table{}} }

// errRequest is what DynamoDB answers to a request that it does not take.
func errRequest(format string, args ...any) error {
	return fmt.Errorf("ValidationException: "+format, args...)
}

func (s *Store) table(name *string) (*table, error) {
	t := s.tables[aws.ToString(name)]
	if t == nil {
		return nil, &types.ResourceNotFoundException{Message: aws.String("no table " + aws.ToString(name))}
	}
	return t, nil
}

// CreateTable implements store.API.
func (s *Store) CreateTable(_ context.Context, in *dynamodb.CreateTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[*in.TableName] != nil {
		return nil, &types.ResourceInUseException{Message: aws.String("there is a table " + *in.TableName)}
	}
	s.tables[*in.TableName] = newTable(in)
	return &dynamodb.CreateTableOutput{}, nil
}

// DescribeTable implements store.API.
func (s *Store) DescribeTable(_ context.Context, in *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.table(in.TableName); err != nil {
		return nil, err
	}
	return &dynamodb.DescribeTableOutput{Table: &types.TableDescription{TableName: in.TableName, TableStatus: types.TableStatusActive}}, nil
}

// GetItem implements store.API.
func (s *Store) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	return &dynamodb.GetItemOutput{Item: t.items[t.key(in.Key)]}, nil
}

// BatchGetItem implements store.API.
func (s *Store) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]Item{}}
	for name, wanted := range in.RequestItems {
		t, err := s.table(&name)
		if err != nil {
			return nil, err
		}
		for _, key := range wanted.Keys {
			if item := t.items[t.key(key)]; item != nil {
				out.Responses[name] = append(out.Responses[name], item)
			}
		}
	}
	return out, nil
}

// PutItem implements store.API.
func (s *Store) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	k := t.key(in.Item)
	if err := holds(in.ConditionExpression, in.ExpressionAttributeValues, t.items[k], in.ReturnValuesOnConditionCheckFailure); err != nil {
		return nil, err
	}
	s.write(t, k, in.Item)
	return &dynamodb.PutItemOutput{}, nil
}

// UpdateItem implements store.API.
func (s *Store) UpdateItem(_ context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	names, err := removed(in.UpdateExpression)
	if err != nil {
		return nil, err
	}
	k := t.key(in.Key)
	if err := holds(in.ConditionExpression, in.ExpressionAttributeValues, t.items[k], in.ReturnValuesOnConditionCheckFailure); err != nil {
		return nil, err
	}
	after := Item{}
	for name, value := range t.items[k] {
		after[name] = value
	}
	for name, value := range in.Key { // an update of what is not there makes it
		after[name] = value
	}
	for _, name := range names {
		delete(after, name)
	}
	s.write(t, k, after)
	return &dynamodb.UpdateItemOutput{}, nil
}

// DeleteItem implements store.API.
func (s *Store) DeleteItem(_ context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	k := t.key(in.Key)
	switch aws.ToString(in.ConditionExpression) {
	case "":
	case "#a = :a":
		if is := t.items[k][in.ExpressionAttributeNames["#a"]]; is == nil || text(is) != text(in.ExpressionAttributeValues[":a"]) {
			return nil, &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
		}
	default:
		return nil, errExpression
	}
	if t.items[k] != nil {
		s.write(t, k, nil)
	}
	return &dynamodb.DeleteItemOutput{}, nil
}

// BatchWriteItem implements store.API.
func (s *Store) BatchWriteItem(_ context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, writes := range in.RequestItems {
		t, err := s.table(&name)
		if err != nil {
			return nil, err
		}
		if len(writes) == 0 || len(writes) > maxBatch {
			return nil, errRequest("a batch of %d writes", len(writes))
		}
		for _, w := range writes {
			if w.PutRequest != nil {
				s.write(t, t.key(w.PutRequest.Item), w.PutRequest.Item)
				continue
			}
			if k := t.key(w.DeleteRequest.Key); t.items[k] != nil {
				s.write(t, k, nil)
			}
		}
	}
	return &dynamodb.BatchWriteItemOutput{}, nil
}

func (s *Store) write(t *table, k Key, after Item) {
	before := t.items[k]
	t.write(k, after)
	if s.Wrote != nil {
		s.Wrote(k, before, after)
	}
}

// Items calls f with each item of a table, in no order.
func (s *Store) Items(name string, f func(Key, Item)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[name]; t != nil {
		for k, item := range t.items {
			f(k, item)
		}
	}
}

// Item is the item at k as it is now; nil where there is none.
func (s *Store) Item(k Key) Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[k.Table]; t != nil {
		return t.items[k]
	}
	return nil
}

var errExpression = errors.New("ValidationException: an expression that shared/store is not known to use")
