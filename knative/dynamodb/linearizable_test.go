package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"usher.example/knative/dynamodb"
)

// absent is the state of an item that is not there.
const absent = -1

// move is one operation on one item: it reads, or it writes next (absent: deletes) on the condition that the item is expect.
type move struct {
	key          int
	read         bool
	expect, next int
}

// seen is what an operation was told: whether its condition held, and otherwise (or for a read) what the item was.
type seen struct {
	held  bool
	state int
}

// register is what a single item must behave like.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[int][]porcupine.Operation{}
		for _, op := range history {
			key := op.Input.(move).key
			byKey[key] = append(byKey[key], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return absent },
	Step: func(state, input, output any) (bool, any) {
		in, out, now := input.(move), output.(seen), state.(int)
		switch {
		case in.read:
			return out.state == now, now
		case out.held:
			return in.expect == now, in.next
		default:
			return in.expect != now && out.state == now, now
		}
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
}

// TestLinearizable has clients race for few items and checks that some single order explains all they were told.
func TestLinearizable(t *testing.T) {
	const clients, each, keys = 8, 150, 3
	s := open(t, dynamodb.Options{NoSync: true})
	direct(t, s, "CreateTable", `{"TableName":"race","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}`)
	var mu sync.Mutex
	var history []porcupine.Operation
	start := time.Now()
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			last := [keys]int{}
			for k := range last {
				last[k] = absent
			}
			for n := range each {
				m := move{key: rand.IntN(keys), read: rand.IntN(4) == 0, next: client*each + n}
				if m.expect = last[m.key]; rand.IntN(8) == 0 {
					m.next = absent
				}
				called := time.Since(start)
				out, err := m.run(s)
				returned := time.Since(start)
				if err != nil {
					t.Error(err)
					return
				}
				if last[m.key] = out.state; out.held {
					last[m.key] = m.next
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: client, Input: m, Output: out, Call: int64(called), Return: int64(returned)})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if result := porcupine.CheckOperationsTimeout(register, history, 30*time.Second); result != porcupine.Ok {
		t.Fatalf("the history of %d operations is not linearizable: %s", len(history), result)
	}
	wins := 0
	for _, op := range history {
		if op.Output.(seen).held {
			wins++
		}
	}
	if wins == 0 || wins == len(history) {
		t.Fatalf("%d of %d writes won: nothing was contended", wins, len(history))
	}
}

func (m move) run(s *dynamodb.Server) (seen, error) {
	key := `{"pk":{"S":"` + strconv.Itoa(m.key) + `"}}`
	if m.read {
		_, answer := post(s, "GetItem", `{"TableName":"race","ConsistentRead":true,"Key":`+key+`}`)
		return seen{state: stateIn(answer)}, nil
	}
	condition, vals := `"ConditionExpression":"v = :v","ReturnValuesOnConditionCheckFailure":"ALL_OLD"`, `,"ExpressionAttributeValues":{":v":{"N":"`+strconv.Itoa(m.expect)+`"}}`
	if m.expect == absent {
		condition, vals = `"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"`, ""
	}
	operation, body := "DeleteItem", `{"TableName":"race","Key":`+key+`,`+condition+vals+`}`
	if m.next != absent {
		operation = "PutItem"
		body = `{"TableName":"race","Item":{"pk":{"S":"` + strconv.Itoa(m.key) + `"},"v":{"N":"` + strconv.Itoa(m.next) + `"}},` + condition + vals + `}`
	}
	status, answer := post(s, operation, body)
	switch {
	case status == http.StatusOK:
		return seen{held: true, state: m.next}, nil
	case strings.Contains(answer, "ConditionalCheckFailedException"):
		return seen{state: stateIn(answer)}, nil
	}
	return seen{}, fmt.Errorf("%s: %d %s", operation, status, answer)
}

// stateIn reads the item that an answer carries.
func stateIn(answer string) int {
	var out struct {
		Item *struct{ V struct{ N string } }
	}
	dec := strings.NewReplacer(`"v":`, `"V":`).Replace(answer)
	if err := json.Unmarshal([]byte(dec), &out); err != nil || out.Item == nil {
		return absent
	}
	n, err := strconv.Atoi(out.Item.V.N)
	if err != nil {
		return absent
	}
	return n
}

// post sends one request in process.
func post(s *dynamodb.Server, operation, body string) (status int, answer string) {
	r, err := http.NewRequest(http.MethodPost, "http://store/", strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	response, err := s.HTTPClient().Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// direct is post for requests that must succeed.
func direct(tb testing.TB, s *dynamodb.Server, operation, body string) string {
	tb.Helper()
	status, answer := post(s, operation, body)
	if status != http.StatusOK {
		tb.Fatalf("%s %.200s: %d %s", operation, body, status, answer)
	}
	return answer
}
