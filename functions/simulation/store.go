package simulation

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"usher.example/functions/simulation/memory"
	"usher.example/shared/store"
)

// storeCalls is the store as functions reach it: each call is a point of the schedule, and may go wrong.
type storeCalls struct{ w *World }

var _ store.API = storeCalls{}

// queryIndex begins what is said of a read of an index: nobody decides by it alone.
const queryIndex = "query index"

var errStore = errors.New("simulated: the store does not answer")

// write makes a conditional write, with what goes wrong with it. again is the client's own second try after a lost answer.
func (c storeCalls) write(what string, key store.Key, apply func() error) error {
	t := c.w.task
	if c.w.trace != nil || c.w.choose != nil {
		what += " " + short(key.PK) + " " + short(key.SK)
	}
	switch t.call(callWrite, what) {
	case refused:
		return errStore
	case unanswered:
		_ = apply() // whoever called does not learn of it
		return errStore
	case repeated:
		if err := apply(); err != nil {
			return err
		}
		return apply() // the condition does not hold any more
	case delayed:
		c.w.after(c.w.between(0, 20*time.Second, mix(t.id, t.calls)), mix(t.id, t.calls, 17), func() {
			if c.w.trace != nil {
				c.w.say(t.name, "%s  ** late, error %v", what, apply())
				return
			}
			_ = apply()
		})
		return errStore
	case dieAfter:
		_ = apply()
		panic(crash{})
	}
	return apply()
}

func (c storeCalls) read(what string, key string) error {
	if c.w.trace != nil || c.w.choose != nil {
		what += " " + short(key)
	}
	if c.w.task.call(callRead, what) != noFault {
		return errStore
	}
	return nil
}

// short is the end of an id: its beginning is the time.
func short(id string) string {
	if i := len(id) - 6; i > 12 {
		prefix := ""
		if len(id) == len("ticket#")+36 {
			prefix = "ticket#"
		}
		return prefix + "…" + id[i:]
	}
	return id
}

// PutItem implements store.API.
func (c storeCalls) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	err := c.write("put "+*in.TableName, keyOf(in.Item), func() error {
		_, err := c.w.store.PutItem(ctx, in)
		return err
	})
	if err != nil {
		c.saw(keyOf(in.Item), *in.TableName, err)
		return nil, err
	}
	return &dynamodb.PutItemOutput{}, nil
}

// UpdateItem implements store.API.
func (c storeCalls) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	err := c.write("update "+*in.TableName, keyOf(in.Key), func() error {
		_, err := c.w.store.UpdateItem(ctx, in)
		return err
	})
	if err != nil {
		c.saw(keyOf(in.Key), *in.TableName, err)
		return nil, err
	}
	return &dynamodb.UpdateItemOutput{}, nil
}

// DeleteItem implements store.API.
func (c storeCalls) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	err := c.write("delete "+*in.TableName, keyOf(in.Key), func() error {
		_, err := c.w.store.DeleteItem(ctx, in)
		return err
	})
	return &dynamodb.DeleteItemOutput{}, err
}

// BatchWriteItem implements store.API. It is one call: that only some of it is written is not simulated.
func (c storeCalls) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	err := c.write("write many", store.Key{}, func() error {
		_, err := c.w.store.BatchWriteItem(ctx, in)
		return err
	})
	return &dynamodb.BatchWriteItemOutput{}, err
}

// GetItem implements store.API.
func (c storeCalls) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	k := keyOf(in.Key)
	if err := c.read("get "+*in.TableName+" "+short(k.PK), k.SK); err != nil {
		return nil, err
	}
	c.saw(k, *in.TableName, nil)
	return c.w.store.GetItem(ctx, in)
}

// BatchGetItem implements store.API.
func (c storeCalls) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if err := c.read("get many", ""); err != nil {
		return nil, err
	}
	return c.w.store.BatchGetItem(ctx, in)
}

// Query implements store.API.
func (c storeCalls) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	what := "query"
	if in.IndexName != nil {
		what = queryIndex
	}
	if err := c.read(what, *in.TableName); err != nil {
		return nil, err
	}
	out, err := c.w.store.Query(ctx, in)
	if err == nil && c.w.choose != nil {
		for _, item := range out.Items {
			c.w.task.history = mix(c.w.task.history, hashItem(item))
		}
	}
	return out, err
}

// CreateTable implements store.API; the tables are made before the functions are.
func (c storeCalls) CreateTable(ctx context.Context, in *dynamodb.CreateTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error) {
	return c.w.store.CreateTable(ctx, in)
}

// DescribeTable implements store.API.
func (c storeCalls) DescribeTable(ctx context.Context, in *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return c.w.store.DescribeTable(ctx, in)
}

// saw notes what a task learns, where schedules are enumerated: tasks that learnt the same are in the same state.
func (c storeCalls) saw(k store.Key, table string, err error) {
	if c.w.choose == nil {
		return
	}
	var lost *types.ConditionalCheckFailedException
	kind := uint64(1)
	if errors.As(err, &lost) {
		kind = 2
	} else if err != nil {
		kind = 3
	}
	t := c.w.task
	t.history = mix(t.history, kind, c.w.choose.content[memory.Key{Table: table, PK: k.PK, SK: k.SK}])
}

func keyOf(item memory.Item) store.Key {
	var k store.Key
	if s, ok := item["pk"].(*types.AttributeValueMemberS); ok {
		k.PK = s.Value
	}
	if s, ok := item["sk"].(*types.AttributeValueMemberS); ok {
		k.SK = s.Value
	}
	return k
}

// watchStore tells the oracle of each write, and lets indexes lag.
func (w *World) watchStore() {
	reads := uint64(0)
	w.store.Lag = func() bool {
		reads++
		return w.chance(w.plan.Profile.Lag, mix(19, reads))
	}
	w.store.Wrote = func(k memory.Key, before, after memory.Item) {
		if w.choose != nil {
			w.choose.wrote(k, after)
		}
		w.oracle.wrote(k, before, after)
	}
}
