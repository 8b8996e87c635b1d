package dynamodb_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher.example/knative/dynamodb"
)

func TestOpenTellsWhy(t *testing.T) {
	dir := t.TempDir()
	damaged := filepath.Join(dir, "damaged")
	if err := os.WriteFile(damaged, []byte("not a store"), 0o600); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked")
	holder, err := dynamodb.Open(locked, dynamodb.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	for name, test := range map[string]struct {
		path string
		want error
	}{
		"damaged":   {damaged, dynamodb.ErrDamaged},
		"locked":    {locked, dynamodb.ErrLocked},
		"foreign":   {dir, dynamodb.ErrForeign},
		"no folder": {filepath.Join(dir, "no", "store"), fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := dynamodb.Open(test.path, dynamodb.Options{})
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	created := time.Date(2026, 12, 24, 20, 0, 0, 0, time.UTC)
	for round := range 2 {
		s, err := dynamodb.Open(path, dynamodb.Options{Clock: func() time.Time { return created }})
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			direct(t, s, "CreateTable", simple)
			direct(t, s, "PutItem", `{"TableName":"simple","Item":{"pk":{"S":"a"}}}`)
		}
		if got, want := direct(t, s, "GetItem", `{"TableName":"simple","Key":{"pk":{"S":"a"}}}`), `{"Item":{"pk":{"S":"a"}}}`; got != want {
			t.Errorf("round %d: got %s, want %s", round, got, want)
		}
		if got := direct(t, s, "DescribeTable", `{"TableName":"simple"}`); !strings.Contains(got, `"CreationDateTime":1798142400,`) || !strings.Contains(got, `"ItemCount":1`) {
			t.Errorf("round %d: described as %s", round, got)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRequestsAfterClose(t *testing.T) {
	s, err := dynamodb.Open(filepath.Join(t.TempDir(), "store"), dynamodb.Options{NoSync: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	direct(t, s, "CreateTable", simple)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for operation, body := range map[string]string{
		"PutItem": `{"TableName":"simple","Item":{"pk":{"S":"a"}}}`,
		"GetItem": `{"TableName":"simple","Key":{"pk":{"S":"a"}}}`,
	} {
		if status, answer := post(s, operation, body); status != http.StatusInternalServerError || !strings.Contains(answer, "InternalServerError") {
			t.Errorf("%s: got %d %s", operation, status, answer)
		}
	}
}

func TestCancelledRequestIsNotMade(t *testing.T) {
	s := open(t, dynamodb.Options{NoSync: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://store/", strings.NewReader(simple))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.CreateTable")
	if _, err := s.HTTPClient().Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := direct(t, s, "ListTables", `{}`); got != `{"TableNames":[]}` {
		t.Errorf("got %s", got)
	}
}
