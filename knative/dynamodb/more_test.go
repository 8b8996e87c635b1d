package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	"usher.example/knative/dynamodb"
)

// dialogue is requests in order; each answer must contain what is wanted, and not what is unwanted.
type dialogue []struct{ operation, body, want, unwanted string }

func (d dialogue) run(t *testing.T) {
	t.Helper()
	s := open(t, dynamodb.Options{NoSync: true})
	for i, step := range d {
		_, answer := post(s, step.operation, step.body)
		if !strings.Contains(answer, step.want) || step.unwanted != "" && strings.Contains(answer, step.unwanted) {
			t.Errorf("%d %s %.300s: got %.600s, want %s, not %s", i, step.operation, step.body, answer, step.want, step.unwanted)
		}
	}
}

const simple = `{"TableName":"simple","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}`

func TestParametersFromBeforeExpressions(t *testing.T) {
	const key = `"TableName":"simple","Key":{"pk":{"S":"a"}}`
	dialogue{
		{"CreateTable", simple, "CREATING", ""},
		{"PutItem", `{"TableName":"simple","Item":{"pk":{"S":"a"},"n":{"N":"1"},"s":{"SS":["x"]},"d":{"S":"gone"}},"Expected":{"pk":{"Exists":false}}}`, "{}", "__type"},
		{"PutItem", `{"TableName":"simple","Item":{"pk":{"S":"a"}},"Expected":{"pk":{"ComparisonOperator":"NULL"}}}`, "ConditionalCheckFailed", ""},
		{"UpdateItem", `{` + key + `,"AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"4"}},"s":{"Action":"ADD","Value":{"SS":["y"]}},"d":{"Action":"DELETE"},"p":{"Value":{"S":"put"}}},
			"Expected":{"n":{"Value":{"N":"1.0"}},"d":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"S":"go"}]}},"ReturnValues":"ALL_NEW"}`,
			`{"Attributes":{"n":{"N":"5"},"p":{"S":"put"},"pk":{"S":"a"},"s":{"SS":["x","y"]}}}`, ""},
		{"UpdateItem", `{` + key + `,"AttributeUpdates":{"n":{"Value":{"N":"9"}}},"ConditionalOperator":"OR","Expected":{"n":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"99"}]},"p":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"no"}]}}}`, "ConditionalCheckFailed", ""},
		{"UpdateItem", `{` + key + `,"AttributeUpdates":{"s":{"Action":"DELETE","Value":{"SS":["x"]}},"l":{"Action":"ADD","Value":{"L":[{"S":"1"}]}}},"ReturnValues":"UPDATED_NEW"}`, `{"Attributes":{"l":{"L":[{"S":"1"}]},"s":{"SS":["y"]}}}`, ""},
		{"GetItem", `{` + key + `,"AttributesToGet":["n","p"]}`, `{"Item":{"n":{"N":"5"},"p":{"S":"put"}}}`, ""},
		{"Query", `{"TableName":"simple","KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}},"QueryFilter":{"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"},{"N":"9"}]}},"AttributesToGet":["pk"]}`, `"Items":[{"pk":{"S":"a"}}]`, ""},
		{"Scan", `{"TableName":"simple","ScanFilter":{"s":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"y"}]}}}`, `"Count":0,"ScannedCount":1`, ""},
		{"Scan", `{"TableName":"simple","ScanFilter":{"s":{"ComparisonOperator":"EQ","AttributeValueList":[]}}}`, "Invalid number of argument(s) for the EQ ComparisonOperator", ""},
		{"Scan", `{"TableName":"simple","ScanFilter":{"s":{"ComparisonOperator":"LIKE"}}}`, "Value 'LIKE' at 'comparisonOperator' failed to satisfy constraint", ""},
		{"Query", `{"TableName":"simple","KeyConditions":{"pk":{"ComparisonOperator":"NE","AttributeValueList":[{"S":"a"}]}}}`, "Attempted conditional constraint is not an indexable operation", ""},
		{"PutItem", `{"TableName":"simple","Item":{"pk":{"S":"a"}},"Expected":{"n":{"Value":{"N":"1"},"ComparisonOperator":"EQ","Exists":true}}}`, "Exists and ComparisonOperator cannot be used together for Attribute: n", ""},
	}.run(t)
}

func TestIndexesComeAndGo(t *testing.T) {
	const query = `{"TableName":"simple","IndexName":"by-g","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"x"}}}`
	const create = `{"TableName":"simple","AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"by-g","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["shown"]}}}]}`
	dialogue{
		{"CreateTable", simple, "CREATING", ""},
		{"PutItem", `{"TableName":"simple","Item":{"pk":{"S":"a"},"g":{"S":"x"},"shown":{"N":"1"},"hidden":{"N":"2"}}}`, "{}", ""},
		{"PutItem", `{"TableName":"simple","Item":{"pk":{"S":"b"},"g":{"N":"7"}}}`, "{}", ""},
		{"Query", query, "The table does not have the specified index: by-g", ""},
		{"UpdateTable", create, `"TableStatus":"UPDATING"`, ""},
		{"Query", query, `"Items":[{"g":{"S":"x"},"pk":{"S":"a"},"shown":{"N":"1"}}]`, "hidden"},
		{"PutItem", `{"TableName":"simple","Item":{"pk":{"S":"c"},"g":{"S":"x"}}}`, "{}", ""},
		{"Query", query, `"Count":2`, ""},
		{"UpdateTable", create, "already exists: by-g", ""},
		{"UpdateTable", `{"TableName":"simple","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"by-g"}}]}`, `"TableStatus":"UPDATING"`, ""},
		{"Query", query, "The table does not have the specified index: by-g", ""},
		{"DescribeTable", `{"TableName":"simple"}`, `"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]`, "by-g"},
		{"UpdateTable", `{"TableName":"simple"}`, "At least one of", ""},
		{"UpdateTable", `{"TableName":"simple","DeletionProtectionEnabled":true}`, "UPDATING", ""},
		{"DeleteTable", `{"TableName":"simple"}`, "protected against deletion", ""},
	}.run(t)
}

func TestIndexOfSeveralAttributes(t *testing.T) {
	query := func(condition, values string) string {
		return `{"TableName":"many","IndexName":"by-all","KeyConditionExpression":"` + condition + `","ExpressionAttributeValues":{` + values + `}}`
	}
	const two, eu = `":n":{"N":"2"}`, `":e":{"S":"eu"}`
	dialogue{
		{"CreateTable", `{"TableName":"many","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],
			"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"N"},{"AttributeName":"c","AttributeType":"S"},{"AttributeName":"d","AttributeType":"N"}],
			"GlobalSecondaryIndexes":[{"IndexName":"by-all","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"},{"AttributeName":"d","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`, "CREATING", ""},
		{"PutItem", `{"TableName":"many","Item":{"pk":{"S":"1"},"a":{"S":"eu"},"b":{"N":"2"},"c":{"S":"x"},"d":{"N":"10"}}}`, "{}", ""},
		{"PutItem", `{"TableName":"many","Item":{"pk":{"S":"2"},"a":{"S":"eu"},"b":{"N":"2"},"c":{"S":"x"},"d":{"N":"9"}}}`, "{}", ""},
		{"PutItem", `{"TableName":"many","Item":{"pk":{"S":"3"},"a":{"S":"eu"},"b":{"N":"2"},"c":{"S":"y"}}}`, "{}", ""},
		{"Query", query("a = :e AND b = :n", two+","+eu), `"Items":[{"a":{"S":"eu"},"b":{"N":"2"},"c":{"S":"x"},"d":{"N":"9"},"pk":{"S":"2"}},{"a"`, `"pk":{"S":"3"}`},
		{"Query", query("a = :e AND b = :n AND c = :c AND d > :m", two+","+eu+`,":c":{"S":"x"},":m":{"N":"9"}`), `"Count":1`, ""},
		{"Query", query("a = :e", eu), "Query condition missed key schema element: b", ""},
		{"Query", query("a = :e AND b = :n AND d = :n", two+","+eu), "RANGE key attributes c must have equality conditions specified in the query because a condition is present on key attribute d", ""},
	}.run(t)
}

func TestLocalIndex(t *testing.T) {
	const query = `{"TableName":"things","IndexName":"by-alt","ConsistentRead":true,"KeyConditionExpression":"pk = :p AND begins_with(alt, :a)","ExpressionAttributeValues":{":p":{"S":"a"},":a":{"S":"x"}}`
	dialogue{
		{"CreateTable", things, "CREATING", ""},
		{"PutItem", `{"TableName":"things","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"alt":{"S":"x2"},"more":{"S":"m"}},"ReturnItemCollectionMetrics":"SIZE"}`, `"ItemCollectionMetrics":{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0,1]}`, ""},
		{"PutItem", `{"TableName":"things","Item":{"pk":{"S":"a"},"sk":{"N":"2"},"alt":{"S":"x1"}}}`, `{}`, ""},
		{"Query", query + `}`, `"Items":[{"alt":{"S":"x1"},"pk":{"S":"a"},"sk":{"N":"2"}},{"alt":{"S":"x2"},"pk":{"S":"a"},"sk":{"N":"1"}}]`, "more"},
		{"Query", query + `,"Select":"ALL_ATTRIBUTES"}`, `"more":{"S":"m"}`, ""},
		{"Query", query + `,"ProjectionExpression":"more"}`, `"Items":[{},{"more":{"S":"m"}}]`, ""},
	}.run(t)
}

func TestTransactionTokens(t *testing.T) {
	transact := func(token, n string) string {
		return `{"ClientRequestToken":"` + token + `","TransactItems":[{"Update":{"TableName":"simple","Key":{"pk":{"S":"a"}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"` + n + `"}}}}]}`
	}
	const get = `{"TransactItems":[{"Get":{"TableName":"simple","Key":{"pk":{"S":"a"}}}}],"ReturnConsumedCapacity":"TOTAL"}`
	dialogue{
		{"CreateTable", simple, "CREATING", ""},
		{"TransactWriteItems", transact("t", "1"), "{}", ""},
		{"TransactWriteItems", transact("t", "1"), "{}", ""},
		{"TransactWriteItems", transact("t", "2"), "IdempotentParameterMismatchException", ""},
		{"TransactWriteItems", transact("u", "5"), "{}", ""},
		{"TransactGetItems", get, `{"Responses":[{"Item":{"n":{"N":"6"},"pk":{"S":"a"}}}],"ConsumedCapacity":[{"TableName":"simple","CapacityUnits":2,"ReadCapacityUnits":2}]}`, ""},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"simple","Key":{"id":{"S":"a"}}}}]}`, `specific reasons [ValidationError]","CancellationReasons":[{"Code":"ValidationError","Message":"The provided key element does not match the schema"}]`, ""},
	}.run(t)
}

func TestSettings(t *testing.T) {
	const arn = `"ResourceArn":"arn:aws:dynamodb:local:000000000000:table/simple"`
	dialogue{
		{"CreateTable", simple, "CREATING", ""},
		{"DescribeTimeToLive", `{"TableName":"simple"}`, "DISABLED", ""},
		{"UpdateTimeToLive", `{"TableName":"simple","TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}}`, `"AttributeName":"ttl"`, ""},
		{"DescribeTimeToLive", `{"TableName":"simple"}`, `"TimeToLiveStatus":"ENABLED","AttributeName":"ttl"`, ""},
		{"TagResource", `{` + arn + `,"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]}`, "", "__type"},
		{"UntagResource", `{` + arn + `,"TagKeys":["a"]}`, "", "__type"},
		{"ListTagsOfResource", `{` + arn + `}`, `{"Tags":[{"Key":"b","Value":"2"}]}`, ""},
		{"DescribeLimits", `{}`, "AccountMaxReadCapacityUnits", ""},
		{"DescribeEndpoints", `{}`, "CachePeriodInMinutes", ""},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:local:000000000000:table/simple","Key":{"pk":{"S":"a"}}}`, "{}", ""},
	}.run(t)
}

// TestBatchGetStops shows that a batch of more than 16 MB comes in parts that together are the whole.
func TestBatchGetStops(t *testing.T) {
	s := open(t, dynamodb.Options{NoSync: true})
	direct(t, s, "CreateTable", simple)
	const n, size = 50, 380 << 10
	var keys []string
	for i := range n {
		direct(t, s, "PutItem", fmt.Sprintf(`{"TableName":"simple","Item":{"pk":{"S":"%d"},"x":{"S":"%s"}}}`, i, strings.Repeat("x", size)))
		keys = append(keys, fmt.Sprintf(`{"pk":{"S":"%d"}}`, i))
	}
	answer := direct(t, s, "BatchGetItem", `{"RequestItems":{"simple":{"Keys":[`+strings.Join(keys, ",")+`]}}}`)
	items, rest, ok := strings.Cut(answer, `"UnprocessedKeys":`)
	got, left := strings.Count(items, `"x":`), strings.Count(rest, `"pk":`)
	if !ok || left == 0 || got+left != n || got*size > 17<<20 {
		t.Errorf("%d items came and %d keys were left of %d", got, left, n)
	}
}

func TestOnlyWritesChangeCollections(t *testing.T) {
	const local = `{"TableName":"local","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
		"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],
		"LocalSecondaryIndexes":[{"IndexName":"again","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`
	dialogue{
		{"CreateTable", local, "CREATING", ""},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"local","Item":{"pk":{"S":"a"},"sk":{"S":"1"}}}},
			{"ConditionCheck":{"TableName":"local","Key":{"pk":{"S":"b"},"sk":{"S":"1"}},"ConditionExpression":"attribute_not_exists(pk)"}}],"ReturnItemCollectionMetrics":"SIZE"}`,
			`{"ItemCollectionMetrics":{"local":[{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0,1]}]}}`, ""},
	}.run(t)
}
