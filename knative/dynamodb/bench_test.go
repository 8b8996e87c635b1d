package dynamodb_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/knative/dynamodb"
)

// spread runs b.N calls over a number of clients and reports calls a second.
func spread(b *testing.B, addr string, clients int, call func(w *wire, client, n int) error) {
	wires := make([]*wire, clients)
	for i := range wires {
		wires[i] = dialWire(b, addr)
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, w := range wires {
		wg.Go(func() {
			for n := range (b.N + clients - 1 - i) / clients {
				if err := call(w, i, n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}

func BenchmarkConditionalUpdate(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			_, addr := listen(b, filepath.Join(b.TempDir(), "store"), dynamodb.Options{})
			setUp(b, addr, clients)
			spread(b, addr, clients, func(w *wire, client, n int) error {
				_, err := w.call("UpdateItem", toggle(strconv.Itoa(client), n))
				return err
			})
		})
	}
}

func setUp(b *testing.B, addr string, items int) {
	b.Helper()
	w := dialWire(b, addr)
	if _, err := w.call("CreateTable", benchTable); err != nil {
		b.Fatal(err)
	}
	for i := range items {
		if _, err := w.call("PutItem", put(strconv.Itoa(i))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConsistentGet(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			_, addr := listen(b, filepath.Join(b.TempDir(), "store"), dynamodb.Options{})
			setUp(b, addr, clients)
			spread(b, addr, clients, func(w *wire, client, n int) error {
				_, err := w.call("GetItem", `{"TableName":"bench","Key":{"pk":{"S":"`+strconv.Itoa(client)+`"}},"ConsistentRead":true}`)
				return err
			})
		})
	}
}

// fill writes items by the batch, without waiting for the disk.
func fill(tb testing.TB, path string, items int) {
	tb.Helper()
	s, err := dynamodb.Open(path, dynamodb.Options{NoSync: true})
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close()
	client := s.HTTPClient()
	send := func(operation, body string) {
		r, _ := http.NewRequest("POST", "http://store/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
		answer, err := client.Do(r)
		if err != nil {
			tb.Fatal(err)
		}
		if answer.StatusCode != 200 {
			text, _ := io.ReadAll(answer.Body)
			tb.Fatalf("%s: %s", operation, text)
		}
	}
	send("CreateTable", benchTable)
	var writers sync.WaitGroup
	const each = 25
	work := make(chan int)
	for range 200 { // so that thousands of items share a commit
		writers.Go(func() {
			for from := range work {
				var b strings.Builder
				for i := from; i < min(from+each, items); i++ {
					if b.Len() > 0 {
						b.WriteByte(',')
					}
					fmt.Fprintf(&b, `{"PutRequest":{"Item":{"pk":{"S":"%d"},"v":{"N":"0"},%s}}}`, i, filler)
				}
				send("BatchWriteItem", `{"RequestItems":{"bench":[`+b.String()+`]}}`)
			}
		})
	}
	for from := 0; from < items; from += each {
		work <- from
	}
	close(work)
	writers.Wait()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil { // what is measured next is not to wait for this
		tb.Fatal(err)
	}
}

// BenchmarkUpdateBySize shows that an update costs the same in a table of a thousand items and in one of a million.
func BenchmarkUpdateBySize(b *testing.B) {
	sizes := []int{1_000, 100_000}
	if os.Getenv("USHER_BENCH_LARGE") != "" {
		sizes = append(sizes, 1_000_000) // takes a minute to fill: only when asked for
	}
	for _, items := range sizes {
		path := filepath.Join(b.TempDir(), "store")
		fill(b, path, items)
		for _, clients := range []int{1, 32} {
			b.Run(fmt.Sprintf("items=%d/clients=%d", items, clients), func(b *testing.B) {
				_, addr := listen(b, path, dynamodb.Options{})
				spread(b, addr, clients, func(w *wire, client, n int) error {
					pk := strconv.Itoa(n*7919%(items/clients)*clients + client) // each client has items of its own
					_, err := w.call("UpdateItem", increment(pk))
					return err
				})
			})
		}
	}
}

// increment is an update that changes no index.
func increment(pk string) string {
	return `{"TableName":"bench","Key":{"pk":{"S":"` + pk + `"}},"UpdateExpression":"SET v = v + :one","ConditionExpression":"v >= :zero",
		"ExpressionAttributeValues":{":one":{"N":"1"},":zero":{"N":"0"}}}`
}

// BenchmarkSync shows what the disk takes for one small durable write, as a floor for the others.
func BenchmarkSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	took := make([]time.Duration, 0, b.N)
	for i := range b.N {
		start := time.Now()
		if _, err := f.WriteAt(page, int64(i%64)*4096); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkStart measures the command: until it is ready with 100,000 items, and its memory then and after some work.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	binary := buildCommand(b, dir)
	path := filepath.Join(dir, "store")
	fill(b, path, 100_000)
	for b.Loop() {
		start := time.Now()
		cmd, addr := startCommand(b, binary, path)
		ready := time.Since(start)
		idle := memory(b, cmd.Process.Pid, "VmRSS")
		w := dialWire(b, addr)
		for i := range 2_000 {
			if _, err := w.call("GetItem", `{"TableName":"bench","Key":{"pk":{"S":"`+strconv.Itoa(i*37)+`"}}}`); err != nil {
				b.Fatal(err)
			}
			if _, err := w.call("UpdateItem", increment(strconv.Itoa(i*41))); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(ready.Milliseconds()), "ready-ms")
		b.ReportMetric(idle, "idle-MB")
		b.ReportMetric(memory(b, cmd.Process.Pid, "VmRSS"), "worked-MB")
		b.ReportMetric(memory(b, cmd.Process.Pid, "RssAnon"), "worked-own-MB")
		cmd.Process.Kill()
		cmd.Wait()
	}
}

// memory reads a process's memory in MB: VmRSS is all that is resident, RssAnon leaves out the pages of mapped files,
// which the system takes back when it needs them.
func memory(tb testing.TB, pid int, field string) float64 {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return math.NaN() // no Linux
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, field+":"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(v), " kB"))
			if err != nil {
				tb.Fatal(err)
			}
			return float64(kb) / 1024
		}
	}
	tb.Fatalf("no %s in /proc", field)
	return 0
}

// BenchmarkFilter measures a Query that looks at a thousand items and finds none of them.
func BenchmarkFilter(b *testing.B) {
	_, addr := listen(b, filepath.Join(b.TempDir(), "store"), dynamodb.Options{NoSync: true})
	w := dialWire(b, addr)
	call := func(operation, body string) {
		if _, err := w.call(operation, body); err != nil {
			b.Fatal(err)
		}
	}
	call("CreateTable", `{"TableName":"words","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}`)
	for n := range 1000 {
		call("PutItem", fmt.Sprintf(`{"TableName":"words","Item":{"pk":{"S":"w:b"},"sk":{"S":"balcony#%d"},"card":{"S":"0199%d#1#4200#EUR#1785000000000#berlin# berlin the magic flute opera two seats balcony"}}}`, n, n))
	}
	b.ResetTimer()
	for b.Loop() {
		call("Query", `{"TableName":"words","KeyConditionExpression":"pk = :p","FilterExpression":"contains(card, :w) AND contains(card, :x)",
			"ExpressionAttributeValues":{":p":{"S":"w:b"},":w":{"S":" balcony"},":x":{"S":" munich"}}}`)
	}
}
