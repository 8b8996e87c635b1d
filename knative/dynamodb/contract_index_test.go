package dynamodb_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// inIndex reads what an index holds for a hash key, in order.
func (s *store) inIndex(ctx context.Context, table, hash string) ([]attributes, error) {
	out, err := s.client.Query(ctx, &sdk.QueryInput{TableName: &table, IndexName: aws.String("by-g"), KeyConditionExpression: aws.String("g = :g"),
		ExpressionAttributeValues: item(`{":g":{"S":"` + hash + `"}}`)})
	if err != nil {
		return nil, err
	}
	return out.Items, nil
}

// indexed is the check that an index of a projection shows an item as shown.
func indexed(shown string, projection types.ProjectionType, more ...string) func(context.Context, *store) error {
	return func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, index("by-g", "g", "age", projection, more...))
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, `{"pk":{"S":"a"},"g":{"S":"x"},"age":{"N":"2"},"title":{"S":"t"},"rest":{"S":"r"}}`, `{"pk":{"S":"b"},"g":{"S":"x"}}`); err != nil {
			return err
		}
		items, err := s.inIndex(ctx, name, "x")
		if err != nil {
			return err
		}
		return sameAll(items, shown)
	}
}

var indexPromises = []promise{
	{"an index of ALL shows the item", indexed(`{"pk":{"S":"a"},"g":{"S":"x"},"age":{"N":"2"},"title":{"S":"t"},"rest":{"S":"r"}}`, types.ProjectionTypeAll)},
	{"an index of KEYS_ONLY shows the keys", indexed(`{"pk":{"S":"a"},"g":{"S":"x"},"age":{"N":"2"}}`, types.ProjectionTypeKeysOnly)},
	{"an index of INCLUDE shows what it names", indexed(`{"pk":{"S":"a"},"g":{"S":"x"},"age":{"N":"2"},"title":{"S":"t"}}`, types.ProjectionTypeInclude, "title")},
	{"items enter, move in and leave an index", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, index("by-g", "g", "", types.ProjectionTypeKeysOnly))
		if err != nil {
			return err
		}
		steps := []struct {
			update, vals, x, y string
		}{
			{"SET v = :v", `{":v":{"N":"1"}}`, "", ""},
			{"SET g = :v", `{":v":{"S":"x"}}`, `{"pk":{"S":"a"},"g":{"S":"x"}}`, ""},
			{"SET g = :v", `{":v":{"S":"y"}}`, "", `{"pk":{"S":"a"},"g":{"S":"y"}}`},
			{"REMOVE g", "", "", ""},
		}
		for _, step := range steps {
			in := &sdk.UpdateItemInput{TableName: &name, Key: item(`{"pk":{"S":"a"}}`), UpdateExpression: &step.update}
			if step.vals != "" {
				in.ExpressionAttributeValues = item(step.vals)
			}
			if _, err := s.client.UpdateItem(ctx, in); err != nil {
				return err
			}
			for hash, want := range map[string]string{"x": step.x, "y": step.y} {
				items, err := s.inIndex(ctx, name, hash)
				if err != nil {
					return err
				}
				if want == "" && len(items) > 0 {
					return fmt.Errorf("after %s: %s still shows %v", step.update, hash, items)
				}
				if want != "" {
					if err := sameAll(items, want); err != nil {
						return fmt.Errorf("after %s: %w", step.update, err)
					}
				}
			}
		}
		return nil
	}},
	{"pages of an index with equal keys meet without gap or overlap", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, index("by-g", "g", "age", types.ProjectionTypeAll))
		if err != nil {
			return err
		}
		const n = 11
		for i := range n {
			if err := s.put(ctx, name, fmt.Sprintf(`{"pk":{"S":"%d"},"g":{"S":"x"},"age":{"N":"%d"}}`, i, i%2)); err != nil {
				return err
			}
		}
		seen := map[string]bool{}
		pages := sdk.NewQueryPaginator(s.client, &sdk.QueryInput{TableName: &name, IndexName: aws.String("by-g"), KeyConditionExpression: aws.String("g = :g"),
			ExpressionAttributeValues: item(`{":g":{"S":"x"}}`), Limit: aws.Int32(2)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, x := range page.Items {
				pk := x["pk"].(*types.AttributeValueMemberS).Value
				if seen[pk] {
					return fmt.Errorf("%s came twice", pk)
				}
				seen[pk] = true
			}
		}
		if len(seen) != n {
			return fmt.Errorf("%d of %d came", len(seen), n)
		}
		return nil
	}},
	{"an index key of the wrong type is refused", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, index("by-g", "g", "", types.ProjectionTypeAll))
		if err != nil {
			return err
		}
		return refused(s.put(ctx, name, `{"pk":{"S":"a"},"g":{"N":"1"}}`), "ValidationException", "Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g")
	}},
	{"a consistent read of an index is refused", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, index("by-g", "g", "", types.ProjectionTypeAll))
		if err != nil {
			return err
		}
		_, err = s.client.Query(ctx, &sdk.QueryInput{TableName: &name, IndexName: aws.String("by-g"), KeyConditionExpression: aws.String("g = :g"),
			ExpressionAttributeValues: item(`{":g":{"S":"x"}}`), ConsistentRead: aws.Bool(true)})
		return refused(err, "ValidationException", "Consistent reads are not supported on global secondary indexes")
	}},
}

var batchPromises = []promise{
	{"a batch writes and gets", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, `{"pk":{"S":"gone"}}`); err != nil {
			return err
		}
		_, err = s.client.BatchWriteItem(ctx, &sdk.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: {
			{PutRequest: &types.PutRequest{Item: item(`{"pk":{"S":"a"},"n":{"N":"1"}}`)}},
			{DeleteRequest: &types.DeleteRequest{Key: item(`{"pk":{"S":"gone"}}`)}},
		}}})
		if err != nil {
			return err
		}
		out, err := s.client.BatchGetItem(ctx, &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{name: {
			Keys: []attributes{item(`{"pk":{"S":"a"}}`), item(`{"pk":{"S":"gone"}}`)}, ConsistentRead: aws.Bool(true),
		}}})
		if err != nil {
			return err
		}
		return sameAll(out.Responses[name], `{"pk":{"S":"a"},"n":{"N":"1"}}`)
	}},
	{"a batch with an item twice is refused whole", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		_, err = s.client.BatchWriteItem(ctx, &sdk.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: {
			{PutRequest: &types.PutRequest{Item: item(`{"pk":{"S":"a"}}`)}},
			{DeleteRequest: &types.DeleteRequest{Key: item(`{"pk":{"S":"a"}}`)}},
		}}})
		if err := refused(err, "ValidationException", "Provided list of item keys contains duplicates"); err != nil {
			return err
		}
		return s.holds(ctx, name, `{"pk":{"S":"a"}}`, `{}`)
	}},
	{"a batch of 26 is refused", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		var writes []types.WriteRequest
		for i := range 26 {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: item(fmt.Sprintf(`{"pk":{"S":"%d"}}`, i))}})
		}
		_, err = s.client.BatchWriteItem(ctx, &sdk.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: writes}})
		if err := refused(err, "ValidationException", ""); err != nil {
			return err
		}
		return s.holds(ctx, name, `{"pk":{"S":"0"}}`, `{}`)
	}},
	{"a transaction is all or nothing", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		put := types.TransactWriteItem{Put: &types.Put{TableName: &name, Item: item(`{"pk":{"S":"a"}}`)}}
		check := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &name, Key: item(`{"pk":{"S":"b"}}`), ConditionExpression: aws.String("attribute_exists(pk)")}}
		_, err = s.client.TransactWriteItems(ctx, &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put, check}})
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != 2 || *cancelled.CancellationReasons[1].Code != "ConditionalCheckFailed" {
			return fmt.Errorf("got %w", err)
		}
		if err := s.holds(ctx, name, `{"pk":{"S":"a"}}`, `{}`); err != nil {
			return err
		}
		if err := s.put(ctx, name, `{"pk":{"S":"b"}}`); err != nil {
			return err
		}
		if _, err := s.client.TransactWriteItems(ctx, &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put, check}}); err != nil {
			return err
		}
		return s.holds(ctx, name, `{"pk":{"S":"a"}}`, `{"pk":{"S":"a"}}`)
	}},
}

// costs is the check of what the steps of updates consume, index by index.
func costs(steps ...[3]string) func(context.Context, *store) error {
	return func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, index("by-g", "g", "", types.ProjectionTypeInclude, "shown"))
		if err != nil {
			return err
		}
		for _, step := range steps {
			in := &sdk.UpdateItemInput{TableName: &name, Key: item(`{"pk":{"S":"a"}}`), UpdateExpression: &step[0], ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes}
			if step[1] != "" {
				in.ExpressionAttributeValues = item(step[1])
			}
			out, err := s.client.UpdateItem(ctx, in)
			if err != nil {
				return err
			}
			c := out.ConsumedCapacity
			got := fmt.Sprintf("%v = %v", *c.CapacityUnits, *c.Table.CapacityUnits)
			if g, ok := c.GlobalSecondaryIndexes["by-g"]; ok {
				got += fmt.Sprintf(" + %v", *g.CapacityUnits)
			}
			if got != step[2] {
				return fmt.Errorf("%s cost %s, want %s", step[0], got, step[2])
			}
		}
		return nil
	}
}

var capacityPromises = []promise{
	{"a write costs its indexes' writes too", costs(
		[3]string{"SET v = :v", `{":v":{"N":"1"}}`, "1 = 1"},
		[3]string{"SET g = :v", `{":v":{"S":"x"}}`, "2 = 1 + 1"},
		[3]string{"SET v = :v", `{":v":{"N":"2"}}`, "1 = 1"},
		[3]string{"SET shown = :v", `{":v":{"N":"2"}}`, "2 = 1 + 1"},
		[3]string{"SET g = :v", `{":v":{"S":"y"}}`, "3 = 1 + 2"},
		[3]string{"REMOVE g", "", "2 = 1 + 1"},
	)},
	{"a read costs by 4 KB, half when it need not be consistent", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, fmt.Sprintf(`{"pk":{"S":"a"},"x":{"S":"%05000d"}}`, 0)); err != nil {
			return err
		}
		for consistent, want := range map[bool]float64{true: 2, false: 1} {
			out, err := s.client.GetItem(ctx, &sdk.GetItemInput{TableName: &name, Key: item(`{"pk":{"S":"a"}}`), ConsistentRead: &consistent, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
			if err != nil {
				return err
			}
			if got := *out.ConsumedCapacity.CapacityUnits; got != want {
				return fmt.Errorf("consistent %v: got %v, want %v", consistent, got, want)
			}
		}
		return nil
	}},
}
