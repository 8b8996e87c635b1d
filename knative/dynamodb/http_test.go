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
