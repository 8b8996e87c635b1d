package dynamodb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var tablePromises = []promise{
	{"a table is described as it was made", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, true, index("by-owner", "owner", "age", types.ProjectionTypeInclude, "title"))
		if err != nil {
			return err
		}
		out, err := s.client.DescribeTable(ctx, &sdk.DescribeTableInput{TableName: &name})
		if err != nil {
			return err
		}
		d := out.Table
		if d.TableStatus != types.TableStatusActive || len(d.KeySchema) != 2 || *d.KeySchema[1].AttributeName != "sk" || len(d.AttributeDefinitions) != 4 {
			return fmt.Errorf("described as %+v", d)
		}
		if len(d.GlobalSecondaryIndexes) != 1 || d.GlobalSecondaryIndexes[0].Projection.NonKeyAttributes[0] != "title" {
			return fmt.Errorf("indexes are %+v", d.GlobalSecondaryIndexes)
		}
		return nil
	}},
	{"a table that exists is not made again", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		_, err = s.table(ctx, false, func(in *sdk.CreateTableInput) { in.TableName = &name })
		var exists *types.ResourceInUseException
		if !errors.As(err, &exists) {
			return fmt.Errorf("got %w, want ResourceInUseException", err)
		}
		return nil
	}},
	{"a table that is missing is not found", func(ctx context.Context, s *store) error {
		_, err := s.get(ctx, "no-such-table", `{"pk":{"S":"a"}}`)
		return refused(err, "ResourceNotFoundException", "Requested resource not found")
	}},
	{"a table made anew is empty", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, `{"pk":{"S":"a"}}`); err != nil {
			return err
		}
		if _, err := s.client.DeleteTable(ctx, &sdk.DeleteTableInput{TableName: &name}); err != nil {
			return err
		}
		gone := sdk.NewTableNotExistsWaiter(s.client, func(o *sdk.TableNotExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
		if err := gone.Wait(ctx, &sdk.DescribeTableInput{TableName: &name}, contractTimeout); err != nil {
			return err
		}
		if _, err := s.table(ctx, false, func(in *sdk.CreateTableInput) { in.TableName = &name }); err != nil {
			return err
		}
		return s.holds(ctx, name, `{"pk":{"S":"a"}}`, `{}`)
	}},
}

var writePromises = []promise{
	{"every type comes back as it was put", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		const whole = `{"pk":{"S":"a"},"s":{"S":"ünï\u0000 \"q\" 🎟"},"empty":{"S":""},"n":{"N":"-12.5"},"b":{"B":"AAH/"},"t":{"BOOL":true},"f":{"BOOL":false},"z":{"NULL":true},
			"ss":{"SS":["x","y"]},"ns":{"NS":["1","2.5","-3"]},"bs":{"BS":["AQ==","Ag=="]},"l":{"L":[{"S":"x"},{"N":"1"},{"L":[]}]},"m":{"M":{"k":{"M":{}},"":{"S":"v"}}}}`
		if err := s.put(ctx, name, whole); err != nil {
			return err
		}
		return s.holds(ctx, name, `{"pk":{"S":"a"}}`, whole)
	}},
	{"numbers keep 38 digits and lose superfluous zeros", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, `{"pk":{"S":"a"},"a":{"N":"12345678901234567890123456789012345678"},"b":{"N":"001.500"},"c":{"N":"1E3"},"d":{"N":"-0.0"},"e":{"N":"0.00000000000000000000000000000000000001"}}`); err != nil {
			return err
		}
		return s.holds(ctx, name, `{"pk":{"S":"a"}}`, `{"pk":{"S":"a"},"a":{"N":"12345678901234567890123456789012345678"},"b":{"N":"1.5"},"c":{"N":"1000"},"d":{"N":"0"},"e":{"N":"0.00000000000000000000000000000000000001"}}`)
	}},
	{"a number of 39 digits is refused", refusedPut(`{"pk":{"S":"a"},"n":{"N":"123456789012345678901234567890123456789"}}`, "38 significant digits")},
	{"a number beyond the range is refused", refusedPut(`{"pk":{"S":"a"},"n":{"N":"1E126"}}`, "Number overflow")},
	{"an item without its key is refused", refusedPut(`{"n":{"N":"1"}}`, "Missing the key pk in the item")},
	{"a key of the wrong type is refused", refusedPut(`{"pk":{"N":"1"}}`, "Type mismatch for key pk expected: S actual: N")},
	{"an empty key is refused", refusedPut(`{"pk":{"S":""}}`, "empty string value. Key: pk")},
	{"an item over 400 KB is refused", refusedPut(`{"pk":{"S":"a"},"s":{"S":"`+strings.Repeat("x", 400<<10)+`"}}`, "Item size has exceeded the maximum allowed size")},
	{"an item of just 400 KB is put", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		return s.put(ctx, name, `{"pk":{"S":"a"},"s":{"S":"`+strings.Repeat("x", 400<<10-len("pk")-len("a")-len("s"))+`"}}`)
	}},
	{"put replaces and returns the old item", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, `{"pk":{"S":"a"},"x":{"N":"1"}}`); err != nil {
			return err
		}
		out, err := s.client.PutItem(ctx, &sdk.PutItemInput{TableName: &name, Item: item(`{"pk":{"S":"a"},"y":{"N":"2"}}`), ReturnValues: types.ReturnValueAllOld})
		if err != nil {
			return err
		}
		if err := same(out.Attributes, item(`{"pk":{"S":"a"},"x":{"N":"1"}}`)); err != nil {
			return err
		}
		return s.holds(ctx, name, `{"pk":{"S":"a"}}`, `{"pk":{"S":"a"},"y":{"N":"2"}}`)
	}},
	{"delete returns the old item and may be repeated", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, `{"pk":{"S":"a"},"x":{"N":"1"}}`); err != nil {
			return err
		}
		in := &sdk.DeleteItemInput{TableName: &name, Key: item(`{"pk":{"S":"a"}}`), ReturnValues: types.ReturnValueAllOld}
		out, err := s.client.DeleteItem(ctx, in)
		if err != nil {
			return err
		}
		if err := same(out.Attributes, item(`{"pk":{"S":"a"},"x":{"N":"1"}}`)); err != nil {
			return err
		}
		if out, err = s.client.DeleteItem(ctx, in); err != nil {
			return err
		}
		return same(out.Attributes, nil)
	}},
}

// refusedPut is the check that a put of an item is a ValidationException.
func refusedPut(text, part string) func(context.Context, *store) error {
	return func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		_, err = s.client.PutItem(ctx, &sdk.PutItemInput{TableName: &name, Item: item(text)})
		return refused(err, "ValidationException", part)
	}
}

// updated is the check that an update of an item leaves another; a want that is no item is the error's message.
func updated(before, expression, vals, want string) func(context.Context, *store) error {
	return func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if before != "" {
			if err := s.put(ctx, name, before); err != nil {
				return err
			}
		}
		in := &sdk.UpdateItemInput{TableName: &name, Key: item(`{"pk":{"S":"a"}}`), UpdateExpression: &expression, ReturnValues: types.ReturnValueAllNew}
		if vals != "" {
			in.ExpressionAttributeValues = item(vals)
		}
		out, err := s.client.UpdateItem(ctx, in)
		if !strings.HasPrefix(want, "{") {
			if err := refused(err, "ValidationException", want); err != nil {
				return err
			}
			return s.holds(ctx, name, `{"pk":{"S":"a"}}`, before)
		}
		if err != nil {
			return err
		}
		if err := same(out.Attributes, item(want)); err != nil {
			return err
		}
		return s.holds(ctx, name, `{"pk":{"S":"a"}}`, want)
	}
}

const old = `{"pk":{"S":"a"},"n":{"N":"5"},"s":{"S":"x"},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]},"m":{"M":{"k":{"S":"v"},"d":{"M":{}}}},"ss":{"SS":["p","q"]}}`

var updatePromises = []promise{
	{"an update makes an item where there is none", updated("", "SET x = :v", `{":v":{"N":"1"}}`, `{"pk":{"S":"a"},"x":{"N":"1"}}`)},
	{"an update reads the item as it was before", updated(`{"pk":{"S":"a"},"x":{"N":"1"},"y":{"N":"2"}}`, "SET x = y, y = x", "", `{"pk":{"S":"a"},"x":{"N":"2"},"y":{"N":"1"}}`)},
	{"numbers are added and subtracted", updated(`{"pk":{"S":"a"},"x":{"N":"0.1"},"y":{"N":"1"}}`, "SET x = x + :v, y = :v - y", `{":v":{"N":"0.2"}}`, `{"pk":{"S":"a"},"x":{"N":"0.3"},"y":{"N":"-0.8"}}`)},
	{"if_not_exists takes what is there, or the other", updated(`{"pk":{"S":"a"},"x":{"N":"1"}}`, "SET x = if_not_exists(x, :v), y = if_not_exists(y, :v) + :v", `{":v":{"N":"7"}}`, `{"pk":{"S":"a"},"x":{"N":"1"},"y":{"N":"14"}}`)},
	{"list_append joins lists", updated(`{"pk":{"S":"a"},"l":{"L":[{"N":"1"}]}}`, "SET l = list_append(:v, l)", `{":v":{"L":[{"N":"0"}]}}`, `{"pk":{"S":"a"},"l":{"L":[{"N":"0"},{"N":"1"}]}}`)},
	{"paths reach into maps and lists", updated(`{"pk":{"S":"a"},"m":{"M":{"l":{"L":[{"M":{}}]}}}}`, "SET m.l[0].x = :v, m.l[9] = :v", `{":v":{"N":"1"}}`, `{"pk":{"S":"a"},"m":{"M":{"l":{"L":[{"M":{"x":{"N":"1"}}},{"N":"1"}]}}}}`)},
	{"SET and REMOVE act on the list as it was", updated(`{"pk":{"S":"a"},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"}]}}`, "REMOVE l[0], l[2] SET l[3] = :v", `{":v":{"N":"9"}}`, `{"pk":{"S":"a"},"l":{"L":[{"N":"1"},{"N":"9"}]}}`)},
	{"ADD counts and unites", updated(`{"pk":{"S":"a"},"n":{"N":"1"},"s":{"SS":["x"]}}`, "ADD n :n, s :s, fresh :n", `{":n":{"N":"2"},":s":{"SS":["x","y"]}}`, `{"pk":{"S":"a"},"n":{"N":"3"},"s":{"SS":["x","y"]},"fresh":{"N":"2"}}`)},
	{"DELETE of the last members removes the set", updated(`{"pk":{"S":"a"},"s":{"SS":["x","y"]},"t":{"NS":["1","2"]}}`, "DELETE s :s, t :t", `{":s":{"SS":["x","y","z"]},":t":{"NS":["1.0"]}}`, `{"pk":{"S":"a"},"t":{"NS":["2"]}}`)},
	{"an operand that is missing is refused", updated(old, "SET x = y", "", "The provided expression refers to an attribute that does not exist in the item")},
	{"an operand of the wrong type is refused", updated(old, "SET x = s + n", "", "An operand in the update expression has an incorrect data type")},
	{"a path through what is missing is refused", updated(old, "SET nothing.x = n", "", "The document path provided in the update expression is invalid for update")},
	{"an update of the key is refused", updated(old, "SET pk = s", "", "Cannot update attribute pk. This attribute is part of the key")},
	{"overlapping paths are refused", updated(old, "SET m = s, m.k = s", "", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, k]")},
	{"paths through a map and a list at once are refused", updated(old, "SET m.k = s, m[0] = s", "", "Two document paths conflict with each other")},
	{"a section given twice is refused", updated(old, "SET x = s SET y = s", "", `The "SET" section can only be used once in an update expression;`)},
	{"a reserved word is refused", updated(old, "SET status = s", "", "Attribute name is a reserved keyword; reserved keyword: status")},
	{"a value that is not given is refused", updated(old, "SET x = :v", "", "An expression attribute value used in expression is not defined; attribute value: :v")},
	{"a value that is not used is refused", updated(old, "SET x = s", `{":v":{"N":"1"}}`, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}")},
	{"broken syntax is refused where it breaks", updated(old, "SET x = = s", "", `Syntax error; token: "=", near: "= = s"`)},
	{"ADD of a string is refused", updated(old, "ADD x :v", `{":v":{"S":"1"}}`, "Incorrect operand type for operator or function; operator: ADD, operand type: STRING")},
	{"updated attributes are returned as they were and as they are", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, old); err != nil {
			return err
		}
		in := &sdk.UpdateItemInput{TableName: &name, Key: item(`{"pk":{"S":"a"}}`), UpdateExpression: aws.String("SET n = n + :one REMOVE s"),
			ExpressionAttributeValues: item(`{":one":{"N":"1"}}`), ReturnValues: types.ReturnValueUpdatedOld}
		out, err := s.client.UpdateItem(ctx, in)
		if err != nil {
			return err
		}
		if err := same(out.Attributes, item(`{"n":{"N":"5"},"s":{"S":"x"}}`)); err != nil {
			return err
		}
		in.ReturnValues = types.ReturnValueUpdatedNew
		if out, err = s.client.UpdateItem(ctx, in); err != nil {
			return err
		}
		return same(out.Attributes, item(`{"n":{"N":"7"}}`))
	}},
}
