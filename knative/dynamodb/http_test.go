package dynamodb_test

import (
	"hash/crc32"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"usher.example/knative/dynamodb"
)

const things = `{"TableName":"things","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"alt","AttributeType":"S"}],
	"LocalSecondaryIndexes":[{"IndexName":"by-alt","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"alt","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`

// TestRefusals holds errors to the types and words that DynamoDB has for them.
func TestRefusals(t *testing.T) {
	s := open(t, dynamodb.Options{NoSync: true})
	direct(t, s, "CreateTable", things)
	const validation = "com.amazon.coral.validate#ValidationException"
	const model = "com.amazonaws.dynamodb.v20120810#"
	tests := []struct{ name, operation, body, kind, message string }{
		{"an operation that does not exist", "Sing", `{}`, "com.amazon.coral.service#UnknownOperationException", ""},
		{"no body", "GetItem", ``, "com.amazon.coral.service#SerializationException", ""},
		{"broken JSON", "GetItem", `{"TableName":`, "com.amazon.coral.service#SerializationException", ""},
		{"a list for a request", "GetItem", `[]`, "com.amazon.coral.service#SerializationException", ""},
		{"a number for a name", "GetItem", `{"TableName":1}`, "com.amazon.coral.service#SerializationException", "NUMBER_VALUE cannot be converted to String"},
		{"a number for a string value", "GetItem", `{"TableName":"things","Key":{"pk":{"S":1}}}`, "com.amazon.coral.service#SerializationException", "NUMBER_VALUE cannot be converted to String"},
		{"bad base64", "PutItem", `{"TableName":"things","Item":{"pk":{"B":"*"}}}`, "com.amazon.coral.service#SerializationException", "Base64 encoded value is not valid: *"},
		{"no parameters", "GetItem", `{}`, validation, "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; Value null at 'key' failed to satisfy constraint: Member must not be null"},
		{"an empty name", "PutItem", `{"TableName":"","Item":{}}`, validation, "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"an impossible name", "PutItem", `{"TableName":"a b","Item":{}}`, validation, "1 validation error detected: Value 'a b' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		{"an unknown enum", "PutItem", `{"TableName":"things","Item":{},"ReturnValues":"SOME"}`, validation, "1 validation error detected: Value 'SOME' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"},
		{"return values that put has not", "PutItem", `{"TableName":"things","Item":{},"ReturnValues":"ALL_NEW"}`, validation, "ReturnValues can only be ALL_OLD or NONE"},
		{"a missing table", "GetItem", `{"TableName":"nothing","Key":{"pk":{"S":"a"}}}`, model + "ResourceNotFoundException", "Requested resource not found"},
		{"a missing table to delete", "DeleteTable", `{"TableName":"nothing"}`, model + "ResourceNotFoundException", "Requested resource not found: Table: nothing not found"},
		{"a table that exists", "CreateTable", things, model + "ResourceInUseException", "Table already exists: things"},
		{"a short key", "GetItem", `{"TableName":"things","Key":{"pk":{"S":"a"}}}`, validation, "The provided key element does not match the schema"},
		{"a long hash key", "GetItem", `{"TableName":"things","Key":{"pk":{"S":"` + strings.Repeat("x", 2049) + `"},"sk":{"N":"1"}}}`, validation, "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		{"values without an expression", "PutItem", `{"TableName":"things","Item":{},"ExpressionAttributeValues":{":a":{"S":"a"}}}`, validation, "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{"values without expressions", "UpdateItem", `{"TableName":"things","Key":{},"ExpressionAttributeValues":{":a":{"S":"a"}}}`, validation, "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null"},
		{"names without an expression", "GetItem", `{"TableName":"things","Key":{},"ExpressionAttributeNames":{"#a":"a"}}`, validation, "ExpressionAttributeNames can only be specified when using expressions"},
		{"both styles", "PutItem", `{"TableName":"things","Item":{},"Expected":{"pk":{"Exists":false}},"ConditionExpression":"attribute_not_exists(pk)"}`, validation,
			"Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"},
		{"a bad value of a placeholder", "PutItem", `{"TableName":"things","Item":{},"ConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{"N":"x"}}}`, validation,
			"ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :a"},
		{"a query without conditions", "Query", `{"TableName":"things"}`, validation, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{"a limit of 0", "Scan", `{"TableName":"things","Limit":0}`, validation, "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"a segment alone", "Scan", `{"TableName":"things","Segment":0}`, validation, "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
		{"a segment out of range", "Scan", `{"TableName":"things","Segment":2,"TotalSegments":2}`, validation, "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"},
		{"a starting key of another table", "Scan", `{"TableName":"things","ExclusiveStartKey":{"id":{"S":"a"}}}`, validation, "The provided starting key is invalid"},
		{"a starting key outside the query", "Query", `{"TableName":"things","KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"S":"a"}},"ExclusiveStartKey":{"pk":{"S":"b"},"sk":{"N":"1"}}}`, validation, "The provided starting key is outside query boundaries based on provided conditions"},
		{"an empty batch", "BatchGetItem", `{"RequestItems":{}}`, validation, "The requestItems parameter is required for BatchGetItem"},
		{"an empty batch of writes", "BatchWriteItem", `{"RequestItems":{}}`, validation, "The requestItems parameter is required for BatchWriteItem"},
		{"a batch without keys", "BatchGetItem", `{"RequestItems":{"things":{}}}`, validation, "1 validation error detected: Value null at 'requestItems.things.member.keys' failed to satisfy constraint: Member must not be null"},
		{"a batch without writes", "BatchWriteItem", `{"RequestItems":{"things":[]}}`, validation,
			"1 validation error detected: Value '{things=[...]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"a null that is false", "PutItem", `{"TableName":"things","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"z":{"NULL":false}}}`, validation, "1 validation error detected: One or more parameter values were invalid: Null attribute value types must have the value of true"},
		{"a batch with keys twice", "BatchGetItem", `{"RequestItems":{"things":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}},{"pk":{"S":"a"},"sk":{"N":"1.0"}}]}}}`, validation, "Provided list of item keys contains duplicates"},
		{"a table without throughput", "CreateTable", strings.Replace(strings.Replace(things, "things", "other", 1), `"BillingMode":"PAY_PER_REQUEST",`, "", 1), validation, "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
		{"a definition that no key uses", "CreateTable", `{"TableName":"other","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"x","AttributeType":"S"}]}`, validation,
			"One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
		{"a bad name, and nothing else of what is bad", "PutItem", `{"TableName":"","Item":{},"ReturnValues":"SOME"}`, validation, "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a short name to create", "CreateTable", strings.Replace(things, "things", "ab", 1), validation, "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{"an attribute twice in a key", "CreateTable", `{"TableName":"other","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"pk","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}`, validation,
			"Invalid KeySchema: Some index key attribute have no definition"},
		{"an update to an empty index key", "UpdateItem", `{"TableName":"things","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET alt = :e","ExpressionAttributeValues":{":e":{"S":""}}}`, validation,
			"One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."},
		{"an index key of another type", "UpdateItem", `{"TableName":"things","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET alt = :e","ExpressionAttributeValues":{":e":{"N":"1"}}}`, validation,
			"One or more parameter values were invalid: Type mismatch for Index Key alt Expected: S Actual: N IndexName: by-alt"},
		{"an empty key in a transaction", "TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"things","Key":{"pk":{"S":""},"sk":{"N":"1"}}}}]}`, validation,
			"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
		{"a key of another type in a transaction", "TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"things","Key":{"pk":{"S":"a"},"sk":{"N":"1"}}}},{"Put":{"TableName":"things","Item":{"pk":{"N":"1"},"sk":{"N":"1"}}}}]}`, model + "TransactionCanceledException",
			"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]"},
		{"two actions on one item", "TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"things","Key":{"pk":{"S":"a"},"sk":{"N":"1"}}}},{"Delete":{"TableName":"things","Key":{"pk":{"S":"a"},"sk":{"N":"1"}}}}]}`, validation, "Transaction request cannot include multiple operations on one item"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, answer := post(s, test.operation, test.body)
			if status != http.StatusBadRequest {
				t.Errorf("status %d", status)
			}
			if !strings.Contains(answer, `"__type":"`+test.kind+`"`) {
				t.Errorf("got %s, want %s", answer, test.kind)
			}
			if test.message != "" && !strings.Contains(answer, `"message":"`+test.message+`"`) {
				t.Errorf("got %s, want %s", answer, test.message)
			}
		})
	}
}

func TestHTTP(t *testing.T) {
	s, addr := listen(t, filepath.Join(t.TempDir(), "store"), dynamodb.Options{NoSync: true})
	url := "http://" + addr
	do := func(t *testing.T, method, path, target, body string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", target)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, string(text)
	}
	t.Run("health", func(t *testing.T) {
		if answer, text := do(t, "GET", "/", "", ""); answer.StatusCode != 200 || !strings.HasPrefix(text, "healthy: dynamodb") {
			t.Errorf("got %d %s", answer.StatusCode, text)
		}
	})
	t.Run("headers", func(t *testing.T) {
		answer, text := do(t, "POST", "/", "DynamoDB_20120810.ListTables", "{}")
		h := answer.Header
		if h.Get("Content-Type") != "application/x-amz-json-1.0" || len(h.Get("X-Amzn-Requestid")) != 52 || h.Get("X-Amz-Crc32") != strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(text))), 10) {
			t.Errorf("headers are %v", h)
		}
	})
	t.Run("other paths and methods", func(t *testing.T) {
		if answer, _ := do(t, "GET", "/other", "", ""); answer.StatusCode != 404 {
			t.Errorf("got %d", answer.StatusCode)
		}
		if answer, _ := do(t, "PUT", "/", "", ""); answer.StatusCode != 405 {
			t.Errorf("got %d", answer.StatusCode)
		}
	})
	t.Run("a body that is too large", func(t *testing.T) {
		if answer, text := do(t, "POST", "/", "DynamoDB_20120810.PutItem", strings.Repeat(" ", 25<<20)); answer.StatusCode != 413 || !strings.Contains(text, "RequestTooLarge") {
			t.Errorf("got %d %s", answer.StatusCode, text)
		}
	})
	t.Run("the account", func(t *testing.T) {
		direct(t, s, "CreateTable", things)
		direct(t, s, "PutItem", `{"TableName":"things","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"alt":{"S":"x"}}}`)
		post(s, "PutItem", `{"TableName":"things","Item":{"pk":{"S":"a"},"sk":{"N":"1"}},"ConditionExpression":"attribute_not_exists(pk)"}`)
		direct(t, s, "GetItem", `{"TableName":"things","Key":{"pk":{"S":"a"},"sk":{"N":"1"}}}`)
		want := `{"things":{"requests":3,"write_units":3,"read_units":0.5}}`
		if _, text := do(t, "GET", "/_usher/consumed", "", ""); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
		if got := s.Consumed()["things"]; got.Requests != 3 || got.WriteUnits != 3 || got.ReadUnits != 0.5 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestSignatures(t *testing.T) {
	now := time.Now()
	_, addr := listen(t, filepath.Join(t.TempDir(), "store"), dynamodb.Options{NoSync: true, Credentials: &dynamodb.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}})
	list := func(id, secret string) error {
		client := sdk.New(sdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String("http://" + addr), RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")})
		_, err := client.ListTables(t.Context(), &sdk.ListTablesInput{})
		return err
	}
	t.Run("right", func(t *testing.T) {
		if err := list("id", "secret"); err != nil {
			t.Error(err)
		}
	})
	t.Run("wrong secret", func(t *testing.T) {
		if err := refused(list("id", "other"), "InvalidSignatureException", "does not match"); err != nil {
			t.Error(err)
		}
	})
	t.Run("unknown key", func(t *testing.T) {
		if err := refused(list("other", "secret"), "UnrecognizedClientException", "security token"); err != nil {
			t.Error(err)
		}
	})
	raw := func(name, value, date, kind string) {
		t.Run(name, func(t *testing.T) {
			r, _ := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr, strings.NewReader("{}"))
			r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
			if value != "" {
				r.Header.Set("Authorization", value)
			}
			r.Header.Set("X-Amz-Date", date)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if text, _ := io.ReadAll(answer.Body); !strings.Contains(string(text), kind) {
				t.Errorf("got %s, want %s", text, kind)
			}
		})
	}
	const form = "20060102T150405Z"
	const signed = "AWS4-HMAC-SHA256 Credential=id/20260101/x/dynamodb/aws4_request, SignedHeaders=host, Signature=00"
	raw("none", "", now.UTC().Format(form), "MissingAuthenticationTokenException")
	raw("nonsense", "Basic abc", now.UTC().Format(form), "IncompleteSignatureException")
	raw("old", signed, now.Add(-time.Hour).UTC().Format(form), "InvalidSignatureException")
}

// FuzzRequest sends anything as any operation: it must be answered, never with a 500.
func FuzzRequest(f *testing.F) {
	operations := strings.Fields(`CreateTable DescribeTable ListTables UpdateTable GetItem PutItem UpdateItem DeleteItem Query Scan BatchGetItem BatchWriteItem
		TransactGetItems TransactWriteItems UpdateTimeToLive DescribeTimeToLive TagResource UntagResource ListTagsOfResource DescribeLimits`)
	s := open(f, dynamodb.Options{NoSync: true})
	direct(f, s, "CreateTable", things)
	const key = `"Key":{"pk":{"S":"a"},"sk":{"N":"1"}}`
	for i, body := range []string{
		`{"TableName":"things","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"x":{"L":[{"M":{}}]}}}`,
		`{"TableName":"things",` + key + `,"UpdateExpression":"SET x[0].y = :v REMOVE z ADD n :n","ExpressionAttributeValues":{":v":{"S":"x"},":n":{"N":"1"}},"ReturnValues":"UPDATED_NEW"}`,
		`{"TableName":"things",` + key + `,"AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"1"}}},"Expected":{"n":{"ComparisonOperator":"NULL"}}}`,
		`{"TableName":"things","KeyConditionExpression":"pk = :p AND sk BETWEEN :a AND :b","ExpressionAttributeValues":{":p":{"S":"a"},":a":{"N":"0"},":b":{"N":"9"}},"Limit":1,"ScanIndexForward":false}`,
		`{"TableName":"things","IndexName":"by-alt","KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}},"ExclusiveStartKey":{"pk":{"S":"a"},"sk":{"N":"1"},"alt":{"S":"x"}},"Select":"ALL_ATTRIBUTES"}`,
		`{"TableName":"things","Segment":1,"TotalSegments":3,"FilterExpression":"size(x) > :n","ExpressionAttributeValues":{":n":{"N":"0"}}}`,
		`{"RequestItems":{"things":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}}],"ProjectionExpression":"x[0]"}}}`,
		`{"RequestItems":{"things":[{"PutRequest":{"Item":{"pk":{"S":"a"},"sk":{"N":"1"}}}},{}]},"ReturnItemCollectionMetrics":"SIZE"}`,
		`{"TransactItems":[{"Put":{"TableName":"things","Item":{"pk":{"S":"a"},"sk":{"N":"1"}}}},{"ConditionCheck":{"TableName":"things",` + key + `}}],"ClientRequestToken":"t"}`,
		`{"TransactItems":[{"Get":{"TableName":"things",` + key + `}},{}]}`,
		`{"TableName":"things","GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"new","KeySchema":[{"AttributeName":"x","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}],"AttributeDefinitions":[{"AttributeName":"x","AttributeType":"S"}]}`,
		`{"ResourceArn":"arn:aws:dynamodb:local:000000000000:table/things","Tags":[{"Key":"a","Value":"b"}],"TagKeys":["a"]}`,
		`{"TableName":"things","TimeToLiveSpecification":{"AttributeName":"x","Enabled":true}}`,
		things, `null`, `{}`, `[]`, `"`,
	} {
		for op := range operations {
			if op%3 == i%3 {
				f.Add(uint8(op), body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, op uint8, body string) {
		operation := operations[int(op)%len(operations)]
		if status, answer := post(s, operation, body); status != 200 && status != 400 {
			t.Fatalf("%s %s: %d %s", operation, body, status, answer)
		}
	})
}
