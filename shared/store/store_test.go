package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"usher.example/shared/problem"
	"usher.example/shared/store"
	"usher.example/shared/store/storetest"
)

// The tests run against the embedded server as a process of its own; this module does not know its code. Another server
// is tested by naming it in DYNAMODB_ENDPOINT.
var tables *store.Store

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	endpoint := os.Getenv("DYNAMODB_ENDPOINT")
	if endpoint == "" {
		folder, err := os.MkdirTemp("", "usher-store-")
		if err != nil {
			return 1, err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		address, stop, err := serve(folder)
		if err != nil {
			return 1, err
		}
		defer stop()
		endpoint = "http://" + address
	}
	env := map[string]string{
		"DYNAMODB_ENDPOINT": endpoint, "AWS_REGION": "local", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
		"TABLE_PREFIX": fmt.Sprintf("test-%d-", time.Now().UnixNano()),
	}
	var err error
	if tables, err = store.FromEnv(func(name string) string { return env[name] }); err != nil {
		return 1, err
	}
	for range 2 { // the second time changes nothing
		if err := tables.EnsureTables(context.Background(), storetest.Schema); err != nil {
			return 1, err
		}
	}
	return m.Run(), nil
}

// serve builds and starts the embedded server.
func serve(folder string) (address string, stop func(), err error) {
	bin := filepath.Join(folder, "dynamodb")
	if out, err := exec.Command("go", "build", "-o", bin, "usher.example/knative/cmd/dynamodb").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("build the embedded server: %w\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(bin, "-addr", address, "-data", filepath.Join(folder, "store.db"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	for range 500 {
		if resp, err := http.Get("http://" + address + "/"); err == nil {
			_ = resp.Body.Close()
			return address, stop, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("the embedded server does not answer")
}

func TestStore(t *testing.T) { storetest.Run(t, tables) }

func TestUnavailable(t *testing.T) {
	env := map[string]string{"DYNAMODB_ENDPOINT": "http://127.0.0.1:1", "AWS_REGION": "local", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
	gone, err := store.FromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get[struct{}](t.Context(), gone.Table("things"), store.Key{PK: "x", SK: "x"}); !problem.Is(err, problem.Unavailable) {
		t.Errorf("got %v", err)
	}
}
