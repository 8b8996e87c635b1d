package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	crashWriters = 32
	// crashRounds is how often the server is killed in a plain test run; USHER_CRASH_ROUNDS asks for more.
	crashRounds = 3
	// crashAfter bounds how many writes are acknowledged before a kill; the number is drawn anew each round.
	crashAfter = 1500
)

// TestCrash kills the server with SIGKILL under writers, again and again, and looks for what it had acknowledged: P6.
func TestCrash(t *testing.T) {
	rounds := crashRounds
	if text := os.Getenv("USHER_CRASH_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("USHER_CRASH_ROUNDS: %v", err)
		}
		rounds = n
	}
	dir := t.TempDir()
	binary, path := buildCommand(t, dir), filepath.Join(dir, "store")
	acknowledged := make([]int, crashWriters) // the item's v that its writer was last told
	total := 0
	for round := range rounds {
		cmd, addr := startCommand(t, binary, path)
		t.Cleanup(func() { cmd.Process.Kill() })
		if round == 0 {
			crashSetUp(t, addr)
		}
		checkCrash(t, addr, acknowledged)
		var count atomic.Int64
		limit := 200 + rand.Int64N(crashAfter)
		var writers sync.WaitGroup
		for i := range crashWriters {
			w := dialWire(t, addr)
			writers.Go(func() {
				for {
					if _, err := w.call("UpdateItem", toggle(strconv.Itoa(i), acknowledged[i])); err != nil {
						return // killed
					}
					acknowledged[i]++
					if count.Add(1) == limit {
						cmd.Process.Kill()
					}
				}
			})
		}
		writers.Wait()
		cmd.Wait()
		total += int(count.Load())
	}
	cmd, addr := startCommand(t, binary, path)
	defer cmd.Wait()
	defer cmd.Process.Kill()
	checkCrash(t, addr, acknowledged)
	t.Logf("%d writes acknowledged over %d kills; none lost", total, rounds)
}

func crashSetUp(t *testing.T, addr string) {
	t.Helper()
	w := dialWire(t, addr)
	if _, err := w.call("CreateTable", benchTable); err != nil {
		t.Fatal(err)
	}
	for i := range crashWriters {
		if _, err := w.call("PutItem", put(strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
}

type crashItem struct {
	PK   struct{ S string } `json:"pk"`
	V    struct{ N string } `json:"v"`
	Slot *struct{ S string }
}

// checkCrash finds lost writes, and items that the index shows otherwise than the table. A write under way when the
// server was killed may be there or not; if it is, its writer goes on from there.
func checkCrash(t *testing.T, addr string, acknowledged []int) {
	t.Helper()
	w := dialWire(t, addr)
	indexed := map[string]bool{}
	for slot := range 8 {
		for _, x := range crashItems(t, w, "Query", fmt.Sprintf(`{"TableName":"bench","IndexName":"unpublished","KeyConditionExpression":"slot = :s","ExpressionAttributeValues":{":s":{"S":"%d"}}}`, slot)) {
			indexed[x.PK.S] = true
		}
	}
	items := crashItems(t, w, "Scan", `{"TableName":"bench","ConsistentRead":true}`)
	if len(items) != crashWriters {
		t.Fatalf("%d items of %d are left", len(items), crashWriters)
	}
	for _, x := range items {
		i, _ := strconv.Atoi(x.PK.S)
		v, _ := strconv.Atoi(x.V.N)
		if v != acknowledged[i] && v != acknowledged[i]+1 {
			t.Errorf("item %d is at %d although %d was acknowledged", i, v, acknowledged[i])
		}
		acknowledged[i] = v
		if inIndex := x.Slot != nil; inIndex != indexed[x.PK.S] {
			t.Errorf("item %d: in the index %v, by its attributes %v", i, indexed[x.PK.S], inIndex)
		}
	}
}

func crashItems(t *testing.T, w *wire, operation, request string) []crashItem {
	t.Helper()
	answer, err := w.call(operation, request)
	if err != nil {
		t.Fatal(err)
	}
	var page struct{ Items []crashItem }
	if err := json.Unmarshal([]byte(answer), &page); err != nil {
		t.Fatal(err)
	}
	return page.Items
}
