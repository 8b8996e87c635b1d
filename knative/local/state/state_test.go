package state

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"usher.example/knative/broker/signing"
	"usher.example/knative/local/process"
)

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestOpen(t *testing.T) {
	t.Run("SecondIsRefusedInOneLine", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		_, err := Open(t.Context(), dir)
		if err == nil || !strings.Contains(err.Error(), "is in use by the runtime with pid") || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("WaitsForOneThatIsStopping", func(t *testing.T) {
		dir := t.TempDir()
		first := open(t, dir)
		if err := first.Hold(Holder{PID: os.Getpid(), Stopping: true}); err != nil {
			t.Fatal(err)
		}
		opened := make(chan error, 1)
		go func() {
			f, err := Open(t.Context(), dir)
			if err == nil {
				err = f.Close()
			}
			opened <- err
		}()
		select {
		case err := <-opened:
			t.Fatalf("it did not wait: %v", err)
		case <-time.After(dyingWait + 200*time.Millisecond): // longer than for one that is not stopping
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-opened; err != nil {
			t.Error(err)
		}
	})
	t.Run("InterruptEndsTheWait", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Open(ctx, dir); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("FileInsteadOfFolder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), file)
		if err == nil || !strings.Contains(err.Error(), "name a folder that can be written to") || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("FolderThatCannotBeWrittenTo", func(t *testing.T) {
		_, err := Open(t.Context(), "/proc/usher") // not even root may
		if err == nil || !strings.Contains(err.Error(), "name a folder that can be written to") {
			t.Errorf("error %v", err)
		}
	})
}

func TestSecrets(t *testing.T) {
	wanted := []Generated{{Secret: "jwt", Key: "JWT"}, {Secret: "pay", Key: "KEY", Prefix: "sk_test_"}}
	none := func(string) string { return "" }
	dir := t.TempDir()
	f := open(t, dir)
	first, err := f.Secrets(wanted, none)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("AreLongAndPrefixed", func(t *testing.T) {
		if key := first["pay"]["KEY"]; !strings.HasPrefix(key, "sk_test_") || len(key) != len("sk_test_")+2*randomBytes {
			t.Errorf("key %q", key)
		}
	})
	t.Run("AreTheirOwnersOnly", func(t *testing.T) {
		info, err := os.Stat(f.Path(secretsFile))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	})
	t.Run("StayTheSame", func(t *testing.T) {
		again, err := f.Secrets(append(wanted, Generated{Secret: "new", Key: "N"}), none)
		if err != nil || !reflect.DeepEqual(again["jwt"], first["jwt"]) || !reflect.DeepEqual(again["pay"], first["pay"]) || again["new"]["N"] == "" {
			t.Errorf("got %v, %v; before %v", again, err, first)
		}
	})
	t.Run("EnvironmentWinsAndIsNotKept", func(t *testing.T) {
		given, err := f.Secrets(wanted, func(key string) string { return map[string]string{"JWT": "mine"}[key] })
		if err != nil || given["jwt"]["JWT"] != "mine" {
			t.Errorf("got %v, %v", given, err)
		}
		kept, err := os.ReadFile(f.Path(secretsFile))
		if err != nil || strings.Contains(string(kept), "mine") {
			t.Errorf("kept %s, %v", kept, err)
		}
	})
	t.Run("DamagedFileIsLeftAlone", func(t *testing.T) {
		if err := os.WriteFile(f.Path(secretsFile), []byte(`{"jwt":`), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := f.Secrets(wanted, none)
		if err == nil || !strings.Contains(err.Error(), "is damaged") || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v", err)
		}
		if kept, _ := os.ReadFile(f.Path(secretsFile)); string(kept) != `{"jwt":` {
			t.Errorf("the file was changed to %s", kept)
		}
	})
}

func TestSigningKey(t *testing.T) {
	f := open(t, t.TempDir())
	first, err := f.SigningKey()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(f.Path(SigningKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if again, err := f.SigningKey(); err != nil || again != first {
		t.Errorf("got %q, %v; before %q", again, err, first)
	}
	if _, err := signing.New(f.Path(SigningKeyFile), time.Now); err != nil {
		t.Errorf("the Broker cannot use it: %v", err)
	}
	for _, damaged := range []string{"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if err := os.WriteFile(f.Path(SigningKeyFile), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.SigningKey(); err == nil || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("%q: error %v", damaged, err)
		}
	}
}

func TestPorts(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	ports, err := f.Ports()
	if err != nil {
		t.Fatal(err)
	}
	address, err := ports.Named("store")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("NamedOnesAreRemembered", func(t *testing.T) {
		again, err := f.Ports()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Named("store"); err != nil || got != address {
			t.Errorf("got %s, %v; want %s", got, err, address)
		}
	})
	t.Run("AnotherWhenItIsTaken", func(t *testing.T) {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		if got, err := ports.Named("store"); err != nil || got == address {
			t.Errorf("got %s, %v", got, err)
		}
	})
	t.Run("AnyAreDifferentAndFree", func(t *testing.T) {
		seen := map[string]bool{}
		for range 200 {
			got, err := ports.Any()
			if err != nil || seen[got] {
				t.Fatalf("got %s again, %v", got, err)
			}
			seen[got] = true
			l, err := net.Listen("tcp", got)
			if err != nil {
				t.Fatal(err)
			}
			_ = l.Close()
		}
	})
}

func TestProcesses(t *testing.T) {
	f := open(t, t.TempDir())
	list := f.Processes(func(err error) { t.Error(err) })
	a := &process.Process{Spec: process.Spec{Name: "a", Kind: "function", Address: "127.0.0.1:1"}, PID: 11, Started: time.Unix(1, 0)}
	b := &process.Process{Spec: process.Spec{Name: "b", Kind: "store"}, PID: 12, Started: time.Unix(2, 0)}
	list.Started(b)
	list.Started(a)
	read := func() (entries []Entry) {
		text, err := os.ReadFile(f.Path(processesFile))
		if err == nil {
			err = json.Unmarshal(text, &entries)
		}
		if err != nil {
			return nil // not written yet
		}
		return entries
	}
	until(t, func() bool { return len(read()) == 2 })
	want := []Entry{
		{Name: "a", Kind: "function", PID: 11, Address: "127.0.0.1:1", StartedAt: time.Unix(1, 0).UTC()},
		{Name: "b", Kind: "store", PID: 12, StartedAt: time.Unix(2, 0).UTC()},
	}
	if got := read(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	list.Ended(a)
	list.Ended(b)
	list.Close()
	if text, err := os.ReadFile(f.Path(processesFile)); err != nil || strings.TrimSpace(string(text)) != "[]" {
		t.Errorf("at the end the list is %s, %v", text, err)
	}
}

func TestEndLeftovers(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, t.TempDir())
	if err := os.MkdirAll(f.Path("bin/programs"), 0o755); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.Path("bin/programs/sleep"), program, 0o755); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	run := func(path string) (*exec.Cmd, <-chan struct{}) {
		cmd := exec.Command(path, "60")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		t.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
		return cmd, done
	}
	ours, oursEnded := run(f.Path("bin/programs/sleep"))
	foreign, foreignEnded := run(sleep)
	entries := []Entry{{Name: "left", PID: ours.Process.Pid}, {Name: "foreign", PID: foreign.Process.Pid}, {Name: "gone", PID: 1 << 22}, {Name: "init", PID: 1}}
	if err := f.writeJSON(processesFile, entries, 0o644, false); err != nil {
		t.Fatal(err)
	}
	ended, err := f.EndLeftovers(t.Context())
	if err != nil || ended != 1 {
		t.Errorf("ended %d, %v; want 1", ended, err)
	}
	select {
	case <-oursEnded:
	case <-time.After(10 * time.Second):
		t.Error("a program from the folder's bin was left running")
	}
	select {
	case <-foreignEnded:
		t.Error("a program that only has a number from the list was ended")
	default:
	}
	t.Run("DamagedListEndsNothing", func(t *testing.T) {
		if err := os.WriteFile(f.Path(processesFile), []byte("["), 0o600); err != nil {
			t.Fatal(err)
		}
		if ended, err := f.EndLeftovers(t.Context()); err != nil || ended != 0 {
			t.Errorf("ended %d, %v", ended, err)
		}
	})
}

// until waits for a condition.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass")
		}
	}
}
