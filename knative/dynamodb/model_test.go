package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"usher.example/knative/dynamodb"
)

// plain is an item of the model: attributes by name, numbers and strings alike as text.
type plain map[string]string

const modelTable = `{"TableName":"model","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}],
	"LocalSecondaryIndexes":[{"IndexName":"local","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
	"GlobalSecondaryIndexes":[{"IndexName":"all","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}},
	{"IndexName":"some","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["c"]}}]}`

// modelIndexes says which attributes an item must have to be in an index, and which the index shows.
var modelIndexes = map[string]struct{ needs, shows []string }{
	"all":   {[]string{"a"}, []string{"pk", "sk", "a", "b", "c", "d"}},
	"some":  {[]string{"a", "b"}, []string{"pk", "sk", "a", "b", "c"}},
	"local": {[]string{"b"}, []string{"pk", "sk", "b"}},
}

// TestModel makes random writes and holds the table and its indexes to a map that gets the same.
func TestModel(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	s := open(t, dynamodb.Options{NoSync: true})
	direct(t, s, "CreateTable", modelTable)
	model := map[string]plain{}
	const writes, checks = 3000, 10
	for n := range writes {
		randomWrite(t, s, random, model)
		if n%(writes/checks) == 0 || n == writes-1 {
			checkModel(t, s, model)
		}
		if t.Failed() {
			t.Fatalf("after %d writes of seed %d", n+1, seed)
		}
	}
}

// randomWrite puts, updates or deletes one of few items, here and in the model.
func randomWrite(t *testing.T, s *dynamodb.Server, random *rand.Rand, model map[string]plain) {
	t.Helper()
	pk, sk := strconv.Itoa(random.IntN(4)), strconv.Itoa(random.IntN(6)-3)
	name := pk + "/" + sk
	key := `{"pk":{"S":"` + pk + `"},"sk":{"N":"` + sk + `"}}`
	attribute := string("abcd"[random.IntN(4)])
	v := strconv.Itoa(random.IntN(3))
	switch random.IntN(5) {
	case 0:
		direct(t, s, "DeleteItem", `{"TableName":"model","Key":`+key+`}`)
		delete(model, name)
	case 1:
		next := plain{"pk": pk, "sk": sk}
		body := `"pk":{"S":"` + pk + `"},"sk":{"N":"` + sk + `"}`
		for _, other := range []string{"a", "b", "c", "d"} {
			if random.IntN(2) == 0 {
				next[other] = v
				body += `,"` + other + `":{"S":"` + v + `"}`
			}
		}
		direct(t, s, "PutItem", `{"TableName":"model","Item":{`+body+`}}`)
		model[name] = next
	default:
		next := maps.Clone(model[name])
		if next == nil {
			next = plain{"pk": pk, "sk": sk}
		}
		change, values := "SET "+attribute+" = :v", `,"ExpressionAttributeValues":{":v":{"S":"`+v+`"}}`
		next[attribute] = v
		if random.IntN(3) == 0 {
			change, values = "REMOVE "+attribute, ""
			delete(next, attribute)
		}
		direct(t, s, "UpdateItem", `{"TableName":"model","Key":`+key+`,"UpdateExpression":"`+change+`"`+values+`}`)
		model[name] = next
	}
}

func checkModel(t *testing.T, s *dynamodb.Server, model map[string]plain) {
	t.Helper()
	whole := map[string]plain{}
	for _, x := range scanAll(t, s, "") {
		whole[x["pk"]+"/"+x["sk"]] = x
	}
	if !reflect.DeepEqual(whole, model) {
		t.Errorf("the table holds %v, want %v", whole, model)
	}
	for name, x := range modelIndexes {
		var want []string
		for _, item := range model {
			if !slices.ContainsFunc(x.needs, func(a string) bool { _, ok := item[a]; return !ok }) {
				shown := plain{}
				for _, a := range x.shows {
					if v, ok := item[a]; ok {
						shown[a] = v
					}
				}
				want = append(want, fmt.Sprint(shown))
			}
		}
		var got []string
		for _, item := range scanAll(t, s, name) {
			got = append(got, fmt.Sprint(item))
		}
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("index %s shows %v, want %v", name, got, want)
		}
	}
}

// scanAll reads a table or an index by small pages.
func scanAll(t *testing.T, s *dynamodb.Server, index string) []plain {
	t.Helper()
	var all []plain
	from := ""
	for {
		request := `{"TableName":"model","Limit":7`
		if index != "" {
			request += `,"IndexName":"` + index + `"`
		}
		var page struct {
			Items            []map[string]map[string]string
			LastEvaluatedKey json.RawMessage
		}
		if err := json.Unmarshal([]byte(direct(t, s, "Scan", request+from+`}`)), &page); err != nil {
			t.Fatal(err)
		}
		for _, x := range page.Items {
			item := plain{}
			for name, v := range x {
				item[name] = v["S"] + v["N"]
			}
			all = append(all, item)
		}
		if page.LastEvaluatedKey == nil {
			return all
		}
		from = `,"ExclusiveStartKey":` + string(page.LastEvaluatedKey)
	}
}
