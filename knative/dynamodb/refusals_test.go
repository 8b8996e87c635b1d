package dynamodb_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"usher.example/knative/dynamodb"
)

const things = `{"TableName":"things","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"alt","AttributeType":"S"}],
	"LocalSecondaryIndexes":[{"IndexName":"by-alt","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"alt","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`

// more has no sort key, and nothing besides.
const more = `{"TableName":"more","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}`

// refusal is a request that is wrong, and the type and message of the error it gets; "" is any message.
type refusal struct{ name, operation, body, kind, message string }

const (
	validation = "com.amazon.coral.validate#ValidationException"
	model      = "com.amazonaws.dynamodb.v20120810#"
)

// refuse sends the requests to a store with the tables things and more.
func refuse(t *testing.T, tests []refusal) {
	s := open(t, dynamodb.Options{NoSync: true})
	direct(t, s, "CreateTable", things)
	direct(t, s, "CreateTable", more)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, answer := post(s, test.operation, test.body)
			if status != http.StatusBadRequest {
				t.Errorf("status %d", status)
			}
			var got struct {
				Type    string `json:"__type"`
				Message string `json:"message"`
			}
			if err := json.Unmarshal([]byte(answer), &got); err != nil {
				t.Fatal(err)
			}
			if got.Type != test.kind {
				t.Errorf("got %.600s, want %s", answer, test.kind)
			}
			if test.message != "" && got.Message != test.message {
				t.Errorf("got  %.600s\nwant %.600s", got.Message, test.message)
			}
		})
	}
}

// TestRefusals holds errors to the types and words that DynamoDB has for them.
func TestRefusals(t *testing.T) {
	refuse(t, []refusal{
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
		{"a limit of 0 for a query", "Query", `{"TableName":"things","Limit":0}`, validation, "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"a limit of 0", "Scan", `{"TableName":"things","Limit":0}`, validation, "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"a segment alone", "Scan", `{"TableName":"things","Segment":0}`, validation, "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
		{"a segment out of range", "Scan", `{"TableName":"things","Segment":2,"TotalSegments":2}`, validation, "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"},
		{"a starting key of another table", "Scan", `{"TableName":"things","ExclusiveStartKey":{"id":{"S":"a"}}}`, validation, "The provided starting key is invalid"},
		{"a starting key outside the query", "Query", `{"TableName":"things","KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"S":"a"}},"ExclusiveStartKey":{"pk":{"S":"b"},"sk":{"N":"1"}}}`, validation, "The provided starting key is outside query boundaries based on provided conditions"},
		{"an empty batch", "BatchGetItem", `{"RequestItems":{}}`, validation, "The requestItems parameter is required for BatchGetItem"},
		{"an empty batch of writes", "BatchWriteItem", `{"RequestItems":{}}`, validation, "The requestItems parameter is required for BatchWriteItem"},
		{"a batch without keys", "BatchGetItem", `{"RequestItems":{"things":{}}}`, validation, "1 validation error detected: Value null at 'RequestItems.things.member.Keys' failed to satisfy constraint: Member must not be null"},
		{"a batch without writes", "BatchWriteItem", `{"RequestItems":{"things":[]}}`, validation,
			"1 validation error detected: Value '{things=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"a null that is false", "PutItem", `{"TableName":"things","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"z":{"NULL":false}}}`, validation, "One or more parameter values were invalid: Null attribute value types must have the value of true"},
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
	})
}

const (
	tooDeep = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
	noName  = "Empty attribute name"
	boom    = `"ReturnConsumedCapacity":"BOOM"`
	enum    = "Value 'BOOM' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
)

// deep is a value in so many maps.
func deep(levels int) string {
	return strings.Repeat(`{"M":{"k":`, levels) + `{"S":"x"}` + strings.Repeat(`}}`, levels)
}

func TestRefusalsOfValues(t *testing.T) {
	const key = `"TableName":"more","Key":{"pk":{"S":"a"}}`
	refuse(t, []refusal{
		{"too deep to put", "PutItem", `{"TableName":"more","Item":{"pk":{"S":"a"},"d":` + deep(32) + `}}`, validation, tooDeep},
		{"too deep for a condition", "DeleteItem", `{` + key + `,"ConditionExpression":"a = :d","ExpressionAttributeValues":{":d":` + deep(32) + `}}`, validation, "ExpressionAttributeValues contains invalid value: " + tooDeep + " for key :d"},
		{"without a name to put", "PutItem", `{"TableName":"more","Item":{"pk":{"S":"a"},"":{"S":"x"},"d":` + deep(50) + `}}`, validation, noName},
		{"without a name to update", "UpdateItem", `{` + key + `,"UpdateExpression":"SET #a = :v","ExpressionAttributeNames":{"#a":""},"ExpressionAttributeValues":{":v":{"S":"x"}}}`, validation, "ExpressionAttributeNames contains invalid value: " + noName + " for key #a"},
		{"without a name to update in the older way", "UpdateItem", `{` + key + `,"AttributeUpdates":{"":{"Value":{"S":"x"}}}}`, validation, noName},
	})
}

// TestUpdateTooDeep puts a value that is not too deep where it is.
func TestUpdateTooDeep(t *testing.T) {
	const set = `{"TableName":"simple","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET a.k.k = :v","ReturnValues":"UPDATED_NEW","ExpressionAttributeValues":{":v":`
	dialogue{
		{"CreateTable", simple, "CREATING", ""},
		{"PutItem", `{"TableName":"simple","Item":{"pk":{"S":"a"},"a":` + deep(2) + `}}`, "{}", ""},
		{"UpdateItem", set + deep(30) + `}}`, tooDeep, ""},
		{"UpdateItem", set + deep(29) + `}}`, `{"Attributes":{"a":` + deep(31), ""},
		{"GetItem", `{"TableName":"simple","Key":{"pk":{"S":"a"}}}`, deep(31), ""},
	}.run(t)
}

func TestRefusalsOfKeyConditions(t *testing.T) {
	query := func(table, condition, values string) string {
		return `{"TableName":"` + table + `","KeyConditionExpression":"` + condition + `","ExpressionAttributeValues":{":p":{"S":"a"}` + values + `}}`
	}
	const (
		schema    = "One or more parameter values were invalid: Condition parameter type does not match schema type"
		operand   = "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"
		undefined = "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: :q"
		n, s      = `,":n":{"N":"1"}`, `,":s":{"S":"x"}`
	)
	refuse(t, []refusal{
		{"a prefix of a number", "Query", query("things", "pk = :p AND begins_with(sk, :n)", n), validation, operand},
		{"a prefix of a number by a string", "Query", query("things", "pk = :p AND begins_with(sk, :s)", s), validation, schema},
		{"another type", "Query", query("things", "pk = :p AND sk > :s", s), validation, schema},
		{"an attribute twice", "Query", query("things", "pk = :p AND sk > :n AND sk < :n", n), validation, "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"},
		{"more than the key has", "Query", query("things", "pk = :p AND sk > :n AND alt = :s", n+s), validation, "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"},
		{"the first clause's mistake, a value that is not there", "Query", query("things", "pk = :q AND begins_with(sk, :n)", n), validation, undefined},
		{"the first clause's mistake, a type", "Query", query("things", "begins_with(sk, :n) AND pk = :q", n), validation, operand},
		{"mistakes before the table", "Query", query("nothing", "pk = :p AND begins_with(sk, :n)", n), validation, operand},
		{"the table", "Query", query("nothing", "pk = :p", ""), model + "ResourceNotFoundException", "Requested resource not found"},
	})
}

func TestRefusalsOfBatches(t *testing.T) {
	const (
		schema   = "The provided key element does not match the schema"
		mapKeys  = "failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
		badGets  = `"RequestItems":{"a b":{"Keys":[{"pk":{"S":"a"}}]}}`
		badEcho  = `Value '{"a b":{"Keys":[{"pk":{"S":"a"}}]}}' at 'requestItems' ` + mapKeys
		badPuts  = `"RequestItems":{"a b":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]}`
		detected = "1 validation error detected: "
	)
	put := func(item string) string { return `{"RequestItems":{"more":[{"PutRequest":{"Item":` + item + `}}]}}` }
	refuse(t, []refusal{
		{"no keys", "BatchGetItem", `{"RequestItems":{"more":{"Keys":[]}}}`, validation, detected + "Value at 'RequestItems.more.member.Keys' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"101 keys", "BatchGetItem", `{"RequestItems":{"more":{"Keys":[{"pk":{"S":"a"}}` + strings.Repeat(`,{"pk":{"S":"a"}}`, 100) + `]}}}`, validation, detected + "Value at 'RequestItems.more.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"an impossible name", "BatchGetItem", `{` + badGets + `}`, validation, detected + badEcho},
		{"a name that is too short", "BatchGetItem", `{"RequestItems": {"ab": {"Keys": [{}]}}}`, validation, detected + `Value '{"ab":{"Keys":[{}]}}' at 'requestItems' ` + mapKeys},
		{"an impossible name and more", "BatchGetItem", `{` + badGets + `,` + boom + `}`, validation, "2 validation errors detected: " + badEcho + "; " + enum},
		{"both styles in two tables", "BatchGetItem", `{"RequestItems":{"more":{"Keys":[{"pk":{"S":"a"}}],"AttributesToGet":["a"]},"things":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}}],"ProjectionExpression":"a"}}}`, validation,
			"Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"},
		{"an impossible name to write to", "BatchWriteItem", `{` + badPuts + `}`, validation, detected + "Value '{a b=[...]}' at 'requestItems' " + mapKeys},
		{"the enumeration before the name", "BatchWriteItem", `{` + badPuts + `,` + boom + `}`, validation, detected + enum},
		{"the enumeration before the table", "BatchWriteItem", `{"RequestItems":{"nothing":[{"PutRequest":{"Item":{}}}]},` + boom + `}`, validation, detected + enum},
		{"a key of another type", "BatchWriteItem", put(`{"pk":{"N":"1"}}`), validation, schema},
		{"a key that is a list", "BatchWriteItem", put(`{"pk":{"L":[]}}`), validation, schema},
		{"no key", "BatchWriteItem", put(`{"other":{"S":"x"}}`), validation, schema},
		{"an empty key", "BatchWriteItem", put(`{"pk":{"S":""}}`), validation, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
		{"no key to delete", "BatchWriteItem", `{"RequestItems":{"more":[{"DeleteRequest":{"Key":{"other":{"S":"x"}}}}]}}`, validation, schema},
	})
}

func TestRefusalsOfTransactions(t *testing.T) {
	put := func(table, more string) string {
		return `{"Put":{"TableName":"` + table + `","Item":{"pk":{"S":"a"}` + more + `}}}`
	}
	check := func(more string) string {
		return `{"ConditionCheck":{"TableName":"more","Key":{"pk":{"S":"a"}},` + more + `}}`
	}
	write := func(actions ...string) string { return `{"TransactItems":[` + strings.Join(actions, ",") + `]}` }
	badName := func(member string) string {
		return "1 validation error detected: Value 'a b' at 'transactItems." + member + ".tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
	}
	notNull := func(member string) string {
		return "1 validation error detected: Value null at 'transactItems." + member + "' failed to satisfy constraint: Member must not be null"
	}
	broken, unused := check(`"ConditionExpression":"attribute_exists("`), check(`"ConditionExpression":"attribute_exists(pk)","ExpressionAttributeValues":{":v":{"S":"x"}}`)
	const syntax = `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("`
	const unusedValue = "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"
	token := strings.Repeat("x", 37)
	longToken := "Value '" + token + "' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36"
	refuse(t, []refusal{
		{"a bad name to put", "TransactWriteItems", write(put("a b", "")), validation, badName("1.member.put")},
		{"a bad name to update", "TransactWriteItems", write(put("more", ""), `{"Update":{"TableName":"a b","Key":{"pk":{"S":"b"}},"UpdateExpression":"REMOVE a"}}`), validation, badName("2.member.update")},
		{"a bad name to delete", "TransactWriteItems", write(`{"Delete":{"TableName":"a b","Key":{"pk":{"S":"b"}}}}`), validation, badName("1.member.delete")},
		{"a bad name to check", "TransactWriteItems", write(strings.Replace(unused, "more", "a b", 1)), validation, badName("1.member.conditionCheck")},
		{"a bad name to get", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"more","Key":{"pk":{"S":"a"}}}},{"Get":{"TableName":"a b","Key":{"pk":{"S":"a"}}}}]}`, validation, badName("2.member.get")},
		{"no key to get", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"more"}}]}`, validation, notNull("1.member.get.key")},
		{"no item to put", "TransactWriteItems", write(`{"Put":{"TableName":"more"}}`), validation, notNull("1.member.put.item")},
		{"no key to delete", "TransactWriteItems", write(put("more", ""), `{"Delete":{"TableName":"more"}}`), validation, notNull("2.member.delete.key")},
		{"no update", "TransactWriteItems", write(`{"Update":{"TableName":"more","Key":{"pk":{"S":"a"}}}}`), validation, notNull("1.member.update.updateExpression")},
		{"no condition to check", "TransactWriteItems", write(`{"ConditionCheck":{"TableName":"more","Key":{"pk":{"S":"a"}}}}`), validation, notNull("1.member.conditionCheck.conditionExpression")},
		{"no action", "TransactWriteItems", write(`{}`), validation, "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"},
		{"a long token", "TransactWriteItems", `{"TransactItems":[` + put("more", "") + `],"ClientRequestToken":"` + token + `"}`, validation, "1 validation error detected: " + longToken},
		{"a long token and more", "TransactWriteItems", `{"TransactItems":[` + put("more", "") + `],"ClientRequestToken":"` + token + `",` + boom + `}`, validation, "2 validation errors detected: " + longToken + "; " + enum},
		{"expressions before tables", "TransactWriteItems", write(put("nothing", ""), broken), validation, syntax},
		{"unused values before tables", "TransactWriteItems", write(put("nothing", ""), unused), validation, unusedValue},
		{"unused values before what meets itself", "TransactWriteItems", write(put("more", ""), unused), validation, unusedValue},
		{"the first action's mistake, a value", "TransactWriteItems", write(put("more", `,"d":`+deep(32)), broken), validation, tooDeep},
		{"the first action's mistake, an expression", "TransactWriteItems", write(broken, put("more", `,"d":`+deep(32))), validation, syntax},
		{"no name", "TransactWriteItems", write(put("nothing", `,"":{"S":"x"}`)), validation, noName},
	})
}

func TestRefusalsOfTables(t *testing.T) {
	short := func(member string) string {
		return "Value 'ab' at '" + member + ".1.member.indexName' failed to satisfy constraint: Member must have length greater than or equal to 3"
	}
	const index = `[{"IndexName":"ab","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"x","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]`
	refuse(t, []refusal{
		{"global indexes before local ones", "CreateTable", `{"TableName":"other","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[],"LocalSecondaryIndexes":` + index + `,"GlobalSecondaryIndexes":` + index + `}`,
			validation, "2 validation errors detected: " + short("globalSecondaryIndexes") + "; " + short("localSecondaryIndexes")},
	})
}
