package dynamodb

import (
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"usher.example/knative/dynamodb/internal/engine"
)

// fullDisk is an engine whose commits fail as on a full disk while full is set: everything is written, nothing stays.
type fullDisk struct {
	engine.Engine
	full atomic.Bool
}

func (d *fullDisk) Update(f func(engine.Writer) error) error {
	return d.Engine.Update(func(w engine.Writer) error {
		if err := f(w); err != nil {
			return err
		}
		if d.full.Load() {
			return syscall.ENOSPC
		}
		return nil
	})
}

func request(t *testing.T, s *Server, operation, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://store/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", targetPrefix+operation)
	answer, err := s.HTTPClient().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestFullDisk(t *testing.T) {
	bolt, err := engine.OpenBolt(filepath.Join(t.TempDir(), "store"), true)
	if err != nil {
		t.Fatal(err)
	}
	disk := &fullDisk{Engine: bolt}
	s, err := newServer(disk, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const (
		create = `{"TableName":"full","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}`
		first  = `{"TableName":"full","Item":{"pk":{"S":"a"},"n":{"N":"1"}}}`
		second = `{"TableName":"full","Item":{"pk":{"S":"a"},"n":{"N":"2"}}}`
		read   = `{"TableName":"full","Key":{"pk":{"S":"a"}}}`
		other  = `{"TableName":"other","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}`
	)
	expect := func(name, operation, body string, status int, part string) {
		t.Helper()
		if got, answer := request(t, s, operation, body); got != status || !strings.Contains(answer, part) {
			t.Errorf("%s: got %d %s, want %d with %s", name, got, answer, status, part)
		}
	}
	expect("create", "CreateTable", create, 200, "CREATING")
	expect("write before", "PutItem", first, 200, "{}")
	disk.full.Store(true)
	expect("write when full", "PutItem", second, 500, "InternalServerError")
	expect("read when full", "GetItem", read, 200, `"n":{"N":"1"}`)
	expect("create when full", "CreateTable", other, 500, "InternalServerError")
	expect("list when full", "ListTables", `{}`, 200, `{"TableNames":["full"]}`)
	disk.full.Store(false)
	expect("write after", "PutItem", second, 200, "{}")
	expect("read after", "GetItem", read, 200, `"n":{"N":"2"}`)
}
