package dynamodb_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/knative/dynamodb"
)

// wire is a client that does no more than HTTP needs, so that benchmarks measure the server.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func dialWire(tb testing.TB, addr string) *wire {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	return &wire{conn: conn, in: bufio.NewReader(conn)}
}

// call returns the answer's body, and an error unless its status is 200.
func (w *wire) call(operation, body string) (string, error) {
	w.out = fmt.Appendf(w.out[:0], "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.%s\r\nContent-Length: %d\r\n\r\n%s", operation, len(body), body)
	if _, err := w.conn.Write(w.out); err != nil {
		return "", err
	}
	status, err := w.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	length := 0
	for {
		line, err := w.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == "\r\n" {
			break
		}
		if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(v)); err != nil {
				return "", err
			}
		}
	}
	answer := make([]byte, length)
	if _, err := io.ReadFull(w.in, answer); err != nil {
		return "", err
	}
	if !strings.Contains(status, " 200 ") {
		return "", fmt.Errorf("%s: %s", strings.TrimSpace(status), answer)
	}
	return string(answer), nil
}

// listen serves a store from a real disk on loopback.
func listen(tb testing.TB, path string, options dynamodb.Options) (*dynamodb.Server, string) {
	tb.Helper()
	options.Log = slog.New(slog.DiscardHandler)
	s, err := dynamodb.Open(path, options)
	if err != nil {
		tb.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := &http.Server{Handler: s}
	go server.Serve(listener)
	tb.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s, listener.Addr().String()
}

const benchTable = `{"TableName":"bench","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"slot","AttributeType":"S"},{"AttributeName":"since","AttributeType":"S"}],
	"GlobalSecondaryIndexes":[{"IndexName":"unpublished","KeySchema":[{"AttributeName":"slot","KeyType":"HASH"},{"AttributeName":"since","KeyType":"RANGE"}],
	"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`

const filler = `"title":{"S":"Two tickets for the evening of the premiere"},"price":{"M":{"amount":{"N":"4200"},"currency":{"S":"USD"}}},"event":{"M":{"name":{"S":"The Tempest"},"venue":{"S":"Globe"},"starts_at":{"S":"2026-12-24T20:00:00Z"}}},"status":{"S":"available"},"seller":{"S":"0190b5d4-4d6c-7a3b-8c1e-0242ac120002"}`

// toggle is the n-th update of an item: it enters or leaves the index, on the condition that nobody else changed it.
func toggle(pk string, n int) string {
	change := `SET v = :next REMOVE slot, since`
	more := ""
	if n%2 == 0 {
		change = `SET v = :next, slot = :slot, since = :since`
		more = `,":slot":{"S":"` + strconv.Itoa(n%8) + `"},":since":{"S":"2026-12-24T20:00:00Z"}`
	}
	return `{"TableName":"bench","Key":{"pk":{"S":"` + pk + `"}},"UpdateExpression":"` + change + `","ConditionExpression":"v = :v",
		"ExpressionAttributeValues":{":v":{"N":"` + strconv.Itoa(n) + `"},":next":{"N":"` + strconv.Itoa(n+1) + `"}` + more + `}}`
}

func put(pk string) string {
	return `{"TableName":"bench","Item":{"pk":{"S":"` + pk + `"},"v":{"N":"0"},` + filler + `}}`
}

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
	for range 16 {
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
}

// BenchmarkUpdateBySize shows that an update costs the same in a table of a thousand items and in one of a million.
func BenchmarkUpdateBySize(b *testing.B) {
	for _, items := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("items=%d", items), func(b *testing.B) {
			if items > 100_000 && os.Getenv("USHER_BENCH_LARGE") == "" {
				items = 100_000 // a million take half a minute to write: only when asked for
			}
			path := filepath.Join(b.TempDir(), "store")
			fill(b, path, items)
			_, addr := listen(b, path, dynamodb.Options{})
			spread(b, addr, 32, func(w *wire, client, n int) error {
				pk := strconv.Itoa((client*31337+n/2*7919)%items/32*32 + client) // each client has items of its own
				if client+32 > items {
					return nil
				}
				_, err := w.call("UpdateItem", `{"TableName":"bench","Key":{"pk":{"S":"`+pk+`"}},"UpdateExpression":"SET v = v + :one","ConditionExpression":"v >= :zero",
					"ExpressionAttributeValues":{":one":{"N":"1"},":zero":{"N":"0"}}}`)
				return err
			})
		})
	}
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

func buildCommand(tb testing.TB, dir string) string {
	tb.Helper()
	binary := filepath.Join(dir, "dynamodb")
	if out, err := exec.Command("go", "build", "-o", binary, "usher.example/knative/cmd/dynamodb").CombinedOutput(); err != nil {
		tb.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// startCommand starts the server and waits until it is healthy.
func startCommand(tb testing.TB, binary, path string) (*exec.Cmd, string) {
	tb.Helper()
	cmd := exec.Command(binary, "-addr", "127.0.0.1:0", "-data", path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		cmd.Process.Kill()
		tb.Fatalf("the command said %q: %v", line, err)
	}
	answer, err := http.Get("http://" + addr + "/")
	if err != nil {
		cmd.Process.Kill()
		tb.Fatal(err)
	}
	answer.Body.Close()
	return cmd, addr
}
