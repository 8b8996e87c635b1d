package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
)

func contractFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "contract.json")
	c := &contract.Contract{Brokers: []contract.Broker{{UID: "b", Namespace: "test", Name: "broker"}}}
	if err := contract.Save(path, c); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBrokerRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no json"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := options{addr: "127.0.0.1:0", data: t.TempDir(), contract: contractFile(t), logFormat: "text", logLevel: "info", drain: time.Second}
	for name, tc := range map[string]struct {
		change func(o *options)
		says   string
	}{
		"without a folder":      {func(o *options) { o.data = "" }, "-data"},
		"without a contract":    {func(o *options) { o.contract = "" }, "-contract"},
		"without the file":      {func(o *options) { o.contract = "/nowhere.json" }, "no such file"},
		"on a broken contract":  {func(o *options) { o.contract = file }, "JSON"},
		"on a file as folder":   {func(o *options) { o.data = file }, "folder"},
		"on a taken port":       {func(o *options) { o.addr = taken.Addr().String() }, "in use"},
		"with a bad log format": {func(o *options) { o.logFormat = "xml" }, "text or json"},
		"with a bad log level":  {func(o *options) { o.logLevel = "loud" }, "log level"},
		"on a nonsense address": {func(o *options) { o.addr = "nonsense" }, "listen"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			tc.change(&o)
			err := o.run(t.Context(), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v, should say %q in one line", err, tc.says)
			}
		})
	}
}

func TestBrokerStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var logs lockedBuffer
	done := make(chan error, 1)
	go func() {
		done <- options{addr: "127.0.0.1:0", data: t.TempDir(), contract: contractFile(t), logFormat: "json", logLevel: "info", drain: time.Second}.run(ctx, &logs)
	}()
	brokertest.Until(t, "it is serving", func() bool { return strings.Contains(logs.String(), "contract in force") })
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it does not stop")
	}
}
