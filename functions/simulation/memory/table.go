package memory

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// table is a table with its indexes.
type table struct {
	name    string
	sorted  bool
	items   map[Key]Item
	indexes []*index
}

// index is a global secondary index: it shows the items that have both its keys, as they were when it last caught up.
type index struct {
	name, hash, sort string
	items            map[Key]Item
	behind           []change
}

type change struct {
	key  Key
	item Item
}

func newTable(in *dynamodb.CreateTableInput) *table {
	t := &table{name: *in.TableName, sorted: len(in.KeySchema) > 1, items: map[Key]Item{}}
	for _, x := range in.GlobalSecondaryIndexes {
		t.indexes = append(t.indexes, &index{
			name: *x.IndexName, hash: *x.KeySchema[0].AttributeName, sort: *x.KeySchema[1].AttributeName, items: map[Key]Item{},
		})
	}
	return t
}

func text(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func (t *table) key(item Item) Key {
	k := Key{Table: t.name, PK: text(item["pk"])}
	if t.sorted {
		k.SK = text(item["sk"])
	}
	return k
}

func (t *table) write(k Key, item Item) {
	if item == nil {
		delete(t.items, k)
	} else {
		t.items[k] = item
	}
	for _, x := range t.indexes {
		x.behind = append(x.behind, change{k, item})
	}
}

// catchUp shows what was written.
func (x *index) catchUp() {
	for _, c := range x.behind {
		if text(c.item[x.hash]) == "" || text(c.item[x.sort]) == "" {
			delete(x.items, c.key)
		} else {
			x.items[c.key] = c.item
		}
	}
	x.behind = x.behind[:0]
}

// holds answers as DynamoDB does where the condition does not.
func holds(condition *string, values Item, was Item, tell types.ReturnValuesOnConditionCheckFailure) error {
	var ok bool
	switch aws.ToString(condition) {
	case "":
		ok = true
	case "attribute_not_exists(pk)":
		ok = was == nil
	case "v = :v":
		is, _ := was["v"].(*types.AttributeValueMemberN)
		want, _ := values[":v"].(*types.AttributeValueMemberN)
		ok = is != nil && want != nil && is.Value == want.Value
	default:
		return errExpression
	}
	if ok {
		return nil
	}
	failed := &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
	if tell == types.ReturnValuesOnConditionCheckFailureAllOld {
		failed.Item = was
	}
	return failed
}

// removed reads an update that does nothing but remove attributes.
func removed(update *string) ([]string, error) {
	names, ok := strings.CutPrefix(aws.ToString(update), "REMOVE ")
	if !ok {
		return nil, errExpression
	}
	return strings.Split(names, ", "), nil
}

// Query implements store.API.
func (s *Store) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	items, hash, sort := t.items, "pk", "sk"
	if in.IndexName != nil {
		i := slices.IndexFunc(t.indexes, func(x *index) bool { return x.name == *in.IndexName })
		if i < 0 {
			return nil, errRequest("no index %s", *in.IndexName)
		}
		if aws.ToBool(in.ConsistentRead) {
			return nil, errRequest("an index cannot be read consistently")
		}
		x := t.indexes[i]
		if s.Lag == nil || !s.Lag() {
			x.catchUp()
		}
		items, hash, sort = x.items, x.hash, x.sort
	}
	if in.ExpressionAttributeNames["#h"] != hash {
		return nil, errRequest("%s is not the hash key", in.ExpressionAttributeNames["#h"])
	}
	inRange, err := bound(in, sort)
	if err != nil {
		return nil, err
	}
	value := text(in.ExpressionAttributeValues[":h"])
	var found []Item
	for _, item := range items {
		if text(item[hash]) == value && inRange(text(item[sort])) {
			found = append(found, item)
		}
	}
	out := page(found, in, sort)
	out.Items = slices.DeleteFunc(slices.Clone(out.Items), func(item Item) bool { return !contains(in, item) })
	return out, nil
}

// contains holds an item to a filter, which asks for texts in one attribute.
func contains(in *dynamodb.QueryInput, item Item) bool {
	for name, value := range in.ExpressionAttributeValues {
		if strings.HasPrefix(name, ":c") && !strings.Contains(text(item[in.ExpressionAttributeNames["#in"]]), text(value)) {
			return false
		}
	}
	return true
}

// bound reads the part of a key condition that is about the range key.
func bound(in *dynamodb.QueryInput, sort string) (func(string) bool, error) {
	rest, ok := strings.CutPrefix(aws.ToString(in.KeyConditionExpression), "#h = :h")
	if !ok {
		return nil, errExpression
	}
	if rest == "" {
		return func(string) bool { return true }, nil
	}
	if in.ExpressionAttributeNames["#r"] != sort {
		return nil, errRequest("%s is not the range key", in.ExpressionAttributeNames["#r"])
	}
	limit := text(in.ExpressionAttributeValues[":r"])
	switch rest {
	case " AND #r > :r":
		return func(v string) bool { return v > limit }, nil
	case " AND #r < :r":
		return func(v string) bool { return v < limit }, nil
	case " AND #r <= :r":
		return func(v string) bool { return v <= limit }, nil
	case " AND #r >= :r":
		return func(v string) bool { return v >= limit }, nil
	case " AND #r BETWEEN :a AND :r":
		least := text(in.ExpressionAttributeValues[":a"])
		if limit < least {
			return nil, errRequest("the bounds of BETWEEN are the wrong way round")
		}
		return func(v string) bool { return least <= v && v <= limit }, nil
	}
	return nil, errExpression
}

// page sorts what was found, and takes what comes after the start, up to the limit.
func page(found []Item, in *dynamodb.QueryInput, sort string) *dynamodb.QueryOutput {
	order := func(a, b Item) int {
		for _, name := range []string{sort, "pk", "sk"} {
			if c := strings.Compare(text(a[name]), text(b[name])); c != 0 {
				return c
			}
		}
		return 0
	}
	if !aws.ToBool(in.ScanIndexForward) {
		ascending := order
		order = func(a, b Item) int { return ascending(b, a) }
	}
	slices.SortFunc(found, order)
	if start := in.ExclusiveStartKey; start != nil {
		found = slices.DeleteFunc(found, func(item Item) bool { return order(item, start) <= 0 })
	}
	out := &dynamodb.QueryOutput{Items: found}
	if limit := int(aws.ToInt32(in.Limit)); limit > 0 && len(found) > limit {
		out.Items = found[:limit]
		out.LastEvaluatedKey = out.Items[limit-1]
	}
	return out
}
