package dynamodb_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// asked is the check that a query of the items h/a … h/e finds the named range keys, or is refused with a message.
func asked(change func(*sdk.QueryInput), want string) func(context.Context, *store) error {
	return func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, true, nil)
		if err != nil {
			return err
		}
		for i, sk := range strings.Split("a b ba c d", " ") {
			if err := s.put(ctx, name, fmt.Sprintf(`{"pk":{"S":"h"},"sk":{"S":"%s"},"n":{"N":"%d"}}`, sk, i)); err != nil {
				return err
			}
		}
		if err := s.put(ctx, name, `{"pk":{"S":"other"},"sk":{"S":"a"}}`); err != nil {
			return err
		}
		in := &sdk.QueryInput{TableName: &name, ConsistentRead: aws.Bool(true)}
		change(in)
		out, err := s.client.Query(ctx, in)
		if err != nil {
			return refused(err, "ValidationException", want)
		}
		if got := sortKeys(out.Items); got != want {
			return fmt.Errorf("got %q, want %q", got, want)
		}
		return nil
	}
}

func sortKeys(items []attributes) string {
	var keys []string
	for _, x := range items {
		keys = append(keys, x["sk"].(*types.AttributeValueMemberS).Value)
	}
	return strings.Join(keys, " ")
}

// where is a query by a key condition.
func where(condition, vals string) func(*sdk.QueryInput) {
	return func(in *sdk.QueryInput) {
		in.KeyConditionExpression = &condition
		in.ExpressionAttributeValues = item(vals)
	}
}

const inH = `{":h":{"S":"h"},":v":{"S":"b"}}`

var readPromises = []promise{
	{"get projects paths", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, old); err != nil {
			return err
		}
		out, err := s.client.GetItem(ctx, &sdk.GetItemInput{TableName: &name, Key: item(`{"pk":{"S":"a"}}`), ProjectionExpression: aws.String("#n, l[2], m.k, nothing.x"), ExpressionAttributeNames: map[string]string{"#n": "n"}})
		if err != nil {
			return err
		}
		return same(out.Item, item(`{"n":{"N":"5"},"l":{"L":[{"N":"2"}]},"m":{"M":{"k":{"S":"v"}}}}`))
	}},
	{"get by a key that is not the table's is refused", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		_, err = s.get(ctx, name, `{"id":{"S":"a"}}`)
		return refused(err, "ValidationException", "The provided key element does not match the schema")
	}},
	{"query by hash key is in order", asked(where("pk = :h", `{":h":{"S":"h"}}`), "a b ba c d")},
	{"query backward", asked(func(in *sdk.QueryInput) {
		where("pk = :h", `{":h":{"S":"h"}}`)(in)
		in.ScanIndexForward = aws.Bool(false)
	}, "d c ba b a")},
	{"query =", asked(where("pk = :h AND sk = :v", inH), "b")},
	{"query <", asked(where("pk = :h AND sk < :v", inH), "a")},
	{"query <=", asked(where("pk = :h AND sk <= :v", inH), "a b")},
	{"query >", asked(where("pk = :h AND sk > :v", inH), "ba c d")},
	{"query >=", asked(where("sk >= :v AND pk = :h", inH), "b ba c d")},
	{"query with the value first", asked(where("pk = :h AND :v < sk", inH), "ba c d")},
	{"query BETWEEN", asked(where("pk = :h AND sk BETWEEN :v AND :w", `{":h":{"S":"h"},":v":{"S":"b"},":w":{"S":"c"}}`), "b ba c")},
	{"query begins_with", asked(where("pk = :h AND begins_with(sk, :v)", inH), "b ba")},
	{"query filters after it counts", asked(func(in *sdk.QueryInput) {
		where("pk = :h", `{":h":{"S":"h"},":n":{"N":"2"}}`)(in)
		in.FilterExpression, in.Limit = aws.String("n >= :n"), aws.Int32(4)
	}, "ba c")},
	{"query without the hash key is refused", asked(where("sk = :v", `{":v":{"S":"b"}}`), "Query condition missed key schema element: pk")},
	{"query with <> is refused", asked(where("pk = :h AND sk <> :v", inH), "Invalid operator used in KeyConditionExpression: <>")},
	{"query with OR is refused", asked(where("pk = :h OR sk = :v", inH), "Invalid operator used in KeyConditionExpression: OR")},
	{"query by a value of the wrong type is refused", asked(where("pk = :h", `{":h":{"N":"1"}}`), "Condition parameter type does not match schema type")},
	{"query that filters by key is refused", asked(func(in *sdk.QueryInput) {
		where("pk = :h", inH)(in)
		in.FilterExpression = aws.String("sk = :v")
	}, "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk")},
	{"query of an index that is missing is refused", asked(func(in *sdk.QueryInput) {
		where("pk = :h", `{":h":{"S":"h"}}`)(in)
		in.IndexName = aws.String("missing")
	}, "The table does not have the specified index: missing")},
	{"query pages meet without gap or overlap", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, true, nil)
		if err != nil {
			return err
		}
		for i := range 7 {
			if err := s.put(ctx, name, fmt.Sprintf(`{"pk":{"S":"h"},"sk":{"S":"%d"}}`, i)); err != nil {
				return err
			}
		}
		for _, forward := range []bool{true, false} {
			pages := sdk.NewQueryPaginator(s.client, &sdk.QueryInput{TableName: &name, KeyConditionExpression: aws.String("pk = :h"),
				ExpressionAttributeValues: item(`{":h":{"S":"h"}}`), Limit: aws.Int32(3), ScanIndexForward: &forward})
			var all []attributes
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return err
				}
				if len(page.Items) > 3 {
					return fmt.Errorf("a page of %d", len(page.Items))
				}
				all = append(all, page.Items...)
			}
			want := "0 1 2 3 4 5 6"
			if !forward {
				want = "6 5 4 3 2 1 0"
			}
			if got := sortKeys(all); got != want {
				return fmt.Errorf("forward %v: got %q", forward, got)
			}
		}
		return nil
	}},
	{"a page ends at 1 MB", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, true, nil)
		if err != nil {
			return err
		}
		for i := range 4 {
			if err := s.put(ctx, name, fmt.Sprintf(`{"pk":{"S":"h"},"sk":{"S":"%d"},"x":{"S":"%s"}}`, i, strings.Repeat("x", 390<<10))); err != nil {
				return err
			}
		}
		out, err := s.client.Query(ctx, &sdk.QueryInput{TableName: &name, KeyConditionExpression: aws.String("pk = :h"), ExpressionAttributeValues: item(`{":h":{"S":"h"}}`)})
		if err != nil {
			return err
		}
		if len(out.Items) != 3 || out.LastEvaluatedKey == nil {
			return fmt.Errorf("%d items, more: %v", len(out.Items), out.LastEvaluatedKey != nil)
		}
		return nil
	}},
	{"the segments of a scan find every item once", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, true, nil)
		if err != nil {
			return err
		}
		var want []string
		for i := range 40 {
			want = append(want, fmt.Sprintf("%02d", i))
			if err := s.put(ctx, name, fmt.Sprintf(`{"pk":{"S":"h%d"},"sk":{"S":"%02d"}}`, i, i)); err != nil {
				return err
			}
		}
		var got []string
		for segment := range 3 {
			pages := sdk.NewScanPaginator(s.client, &sdk.ScanInput{TableName: &name, Segment: aws.Int32(int32(segment)), TotalSegments: aws.Int32(3), Limit: aws.Int32(5)})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, x := range page.Items {
					got = append(got, x["sk"].(*types.AttributeValueMemberS).Value)
				}
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			return fmt.Errorf("got %v", got)
		}
		return nil
	}},
}
