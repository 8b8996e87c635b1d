package dynamodb_test

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// decides is the check that a condition on a known item holds, does not hold, or (want is a message) is refused.
func decides(condition, vals, want string) func(context.Context, *store) error {
	return func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, old); err != nil {
			return err
		}
		in := &sdk.DeleteItemInput{TableName: &name, Key: item(`{"pk":{"S":"a"}}`), ConditionExpression: &condition}
		if vals != "" {
			in.ExpressionAttributeValues = item(vals)
		}
		_, err = s.client.DeleteItem(ctx, in)
		switch want {
		case "holds":
			if err != nil {
				return err
			}
			return s.holds(ctx, name, `{"pk":{"S":"a"}}`, `{}`)
		case "fails":
			if err := refused(err, "ConditionalCheckFailedException", "The conditional request failed"); err != nil {
				return err
			}
		default:
			if err := refused(err, "ValidationException", want); err != nil {
				return err
			}
		}
		return s.holds(ctx, name, `{"pk":{"S":"a"}}`, old)
	}
}

const one = `{":v":{"N":"1"}}`

var conditionPromises = []promise{
	{"= compares numbers by value", decides("n = :v", `{":v":{"N":"5.0"}}`, "holds")},
	{"= of different types fails", decides("n = :v", `{":v":{"S":"5"}}`, "fails")},
	{"= of a missing attribute fails", decides("nothing = :v", one, "fails")},
	{"<> of a missing attribute holds", decides("nothing <> :v", one, "holds")},
	{"< of numbers", decides("n < :v", `{":v":{"N":"10"}}`, "holds")},
	{"< of strings is by bytes", decides("s < :v", `{":v":{"S":"ä"}}`, "holds")},
	{"< of different types fails", decides("s < :v", one, "fails")},
	{"BETWEEN of an attribute with itself is refused", decides("n BETWEEN :v AND n", `{":v":{"N":"5"}}`, "The first operand must be distinct from the remaining operands")},
	{"BETWEEN of values", decides("n BETWEEN :a AND :b", `{":a":{"N":"5"},":b":{"N":"5"}}`, "holds")},
	{"BETWEEN with its bounds reversed is refused", decides("n BETWEEN :a AND :b", `{":a":{"N":"6"},":b":{"N":"5"}}`, "The BETWEEN operator requires upper bound to be greater than or equal to lower bound")},
	{"IN finds one of many", decides("n IN (:a, :b)", `{":a":{"N":"6"},":b":{"N":"5"}}`, "holds")},
	{"AND binds closer than OR", decides("n = :v OR n = :v AND s = :v", `{":v":{"N":"5"}}`, "holds")},
	{"parentheses bind closest", decides("(n = :v OR n = :v) AND s = :v", `{":v":{"N":"5"}}`, "fails")},
	{"NOT binds closer than AND", decides("NOT n = :v AND s = :v", `{":v":{"N":"5"}}`, "fails")},
	{"redundant parentheses are refused", decides("((n = :v))", one, "The expression has redundant parentheses;")},
	{"attribute_exists finds a path", decides("attribute_exists(m.k) AND attribute_not_exists(m.x)", "", "holds")},
	{"attribute_exists of an index beyond the end fails", decides("attribute_exists(l[3])", "", "fails")},
	{"attribute_type tells types apart", decides("attribute_type(ss, :v)", `{":v":{"S":"SS"}}`, "holds")},
	{"attribute_type of an unknown type is refused", decides("attribute_type(ss, :v)", `{":v":{"S":"X"}}`, "Invalid attribute type name found; type: X")},
	{"begins_with", decides("begins_with(s, :v)", `{":v":{"S":"x"}}`, "holds")},
	{"begins_with of a number is refused", decides("begins_with(s, :v)", one, "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N")},
	{"contains looks into strings", decides("contains(s, :v)", `{":v":{"S":""}}`, "holds")},
	{"contains looks into sets", decides("contains(ss, :v)", `{":v":{"S":"q"}}`, "holds")},
	{"contains looks into lists", decides("contains(l, :v)", `{":v":{"N":"2"}}`, "holds")},
	{"size counts members", decides("size(l) = :v AND size(ss) < :v", `{":v":{"N":"3"}}`, "holds")},
	{"size alone is no condition", decides("size(l)", "", "The function is not allowed to be used this way in an expression; function: size")},
	{"an unknown function is refused", decides("sizes(l) = :v", one, "Invalid function name; function: sizes")},
	{"a function with too few operands is refused", decides("contains(l)", "", "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1")},
	{"an empty expression is refused", decides("", "", "Invalid ConditionExpression: The expression can not be empty;")},
	{"a failed condition returns the item when asked", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		if err := s.put(ctx, name, old); err != nil {
			return err
		}
		condition := "attribute_not_exists(pk)"
		_, err = s.client.PutItem(ctx, &sdk.PutItemInput{TableName: &name, Item: item(`{"pk":{"S":"a"}}`), ConditionExpression: &condition,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		var failed *types.ConditionalCheckFailedException
		if !errors.As(err, &failed) {
			return fmt.Errorf("got %w, want ConditionalCheckFailedException", err)
		}
		return same(failed.Item, item(old))
	}},
	{"of many rivals one wins", func(ctx context.Context, s *store) error {
		name, err := s.table(ctx, false, nil)
		if err != nil {
			return err
		}
		condition := "attribute_not_exists(pk)"
		const rivals = 16
		results := make(chan error, rivals)
		for i := range rivals {
			go func() {
				_, err := s.client.PutItem(ctx, &sdk.PutItemInput{TableName: &name, Item: item(fmt.Sprintf(`{"pk":{"S":"a"},"winner":{"N":"%d"}}`, i)), ConditionExpression: &condition})
				results <- err
			}()
		}
		winners := 0
		for range rivals {
			err := <-results
			if err == nil {
				winners++
			} else if err := refused(err, "ConditionalCheckFailedException", ""); err != nil {
				return err
			}
		}
		if winners != 1 {
			return fmt.Errorf("%d rivals won", winners)
		}
		return nil
	}},
}
