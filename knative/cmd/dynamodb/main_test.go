package main

import (
	"bufio"
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "dynamodb")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// start returns a server that says it listens, and where.
func start(t *testing.T, binary, data string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(binary, "-addr", "127.0.0.1:0", "-data", data)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("it said %q: %v", line, err)
	}
	return cmd, "http://" + addr + "/"
}

func TestSignalsEndCleanly(t *testing.T) {
	binary := build(t)
	data := filepath.Join(t.TempDir(), "store")
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd, url := start(t, binary, data)
			answer, err := http.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Errorf("status %d", answer.StatusCode)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	binary := build(t)
	dir := t.TempDir()
	locked := filepath.Join(dir, "locked")
	start(t, binary, locked)
	damaged := filepath.Join(dir, "damaged")
	if err := os.WriteFile(damaged, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no data", nil, "-data FILE is required"},
		{"locked", []string{"-data", locked}, "it is in use by another process"},
		{"damaged", []string{"-data", damaged}, "it is damaged"},
		{"empty", []string{"-data", empty}, "remove it to begin anew"},
		{"no folder", []string{"-data", filepath.Join(dir, "no", "store")}, "no such file or directory"},
		{"unusable address", []string{"-data", filepath.Join(dir, "unused"), "-addr", "256.0.0.1:1"}, "listen tcp"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(binary, append([]string{"-addr", "127.0.0.1:0"}, test.args...)...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			err := cmd.Run()
			if cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("it ended with %v", err)
			}
			if text := stderr.String(); !strings.Contains(text, test.want) || strings.Count(text, "\n") != 1 {
				t.Errorf("it said %q, want one line with %q", text, test.want)
			}
		})
	}
}
