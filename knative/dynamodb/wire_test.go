package dynamodb_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

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
