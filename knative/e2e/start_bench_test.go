package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// firstAnswer starts a function with the environment it had, and returns how long it took to answer, and the memory it
// then has resident, in bytes.
func firstAnswer(b *testing.B, path string, environment []byte) (time.Duration, int64) {
	b.Helper()
	port, err := freePort()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(path)
	for setting := range bytes.SplitSeq(environment, []byte{0}) {
		if len(setting) > 0 && !bytes.HasPrefix(setting, []byte("PORT=")) && !bytes.HasPrefix(setting, []byte("HOST=")) {
			cmd.Env = append(cmd.Env, string(setting))
		}
	}
	cmd.Env = append(cmd.Env, "HOST=127.0.0.1", "PORT="+strconv.Itoa(port))
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	defer cancel()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := healthy(ctx, fmt.Sprintf("http://127.0.0.1:%d/healthz", port)); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	memory, err := resident(cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	return took, memory
}
