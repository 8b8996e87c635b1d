package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"usher.example/knative/local/state"
)

// patience bounds every wait. It is long for a machine that is busy; the first start builds, too.
const patience = time.Minute

// shared are the runtime's binary and the folder of the binaries it builds, made once for all tests.
var shared struct{ dir, runtime, bin string }

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "usher-local-")
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	shared.dir, shared.runtime, shared.bin = dir, filepath.Join(dir, "local"), filepath.Join(dir, "bin")
	build := exec.Command("go", append(append([]string{"build"}, raceFlags...), "-o", shared.runtime, "usher.example/knative/cmd/local")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// running is a runtime under test.
type running struct {
	t    testing.TB
	data string
	cmd  *exec.Cmd
	out  *output
	done chan struct{}
	url  string
}

// output keeps what a runtime says.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// folder makes a data folder that has the binaries already.
func folder(t testing.TB) string {
	t.Helper()
	if err := os.MkdirAll(shared.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if err := os.Symlink(shared.bin, filepath.Join(data, "bin")); err != nil {
		t.Fatal(err)
	}
	return data
}

// begin starts a runtime on the manifests of a folder; settings are environment variables.
func begin(t testing.TB, data, manifests string, settings ...string) *running {
	t.Helper()
	r := &running{t: t, data: data, out: &output{}, done: make(chan struct{})}
	r.cmd = exec.Command(shared.runtime)
	r.cmd.Env = append(os.Environ(), "PORT=0", "DATA="+data, "MANIFESTS="+manifests)
	r.cmd.Env = append(r.cmd.Env, settings...)
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = r.cmd.Wait(); close(r.done) }()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		<-r.done
		if strings.Contains(r.out.String(), "DATA RACE") {
			t.Error("the runtime has a data race")
		}
		if t.Failed() {
			t.Logf("the runtime said:\n%s", r.out)
		}
	})
	return r
}

// up waits until the runtime is ready.
func (r *running) up() *running {
	r.t.Helper()
	r.says("ready after")
	text, err := os.ReadFile(filepath.Join(r.data, "lock"))
	if err != nil {
		r.t.Fatal(err)
	}
	var h state.Holder
	if err := json.Unmarshal(text, &h); err != nil {
		r.t.Fatal(err)
	}
	r.url = h.Address
	return r
}

// says waits until the runtime has said something.
func (r *running) says(what string) {
	r.t.Helper()
	until(r.t, func() bool {
		if strings.Contains(r.out.String(), what) {
			return true
		}
		select {
		case <-r.done:
			r.t.Fatalf("it ended without saying %q: %v", what, r.cmd.ProcessState)
		default:
		}
		return false
	})
}

// fails waits for a runtime that is to end with status 1 and one line on the error output, and returns that line.
func (r *running) fails() string {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		r.t.Fatal("it runs on")
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 1 {
		r.t.Errorf("exit status %d, want 1", code)
	}
	lines := strings.Split(strings.TrimSpace(r.out.String()), "\n")
	return lines[len(lines)-1]
}

func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// processes reads the list of what runs.
func (r *running) processes() (entries []state.Entry) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.data, "processes.json"))
	if err == nil {
		err = json.Unmarshal(text, &entries)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return entries
}

// runs says whether a process of this name is listed.
func (r *running) runs(name string) bool {
	r.t.Helper()
	return slices.ContainsFunc(r.processes(), func(e state.Entry) bool { return e.Name == name })
}

// find is the process of a name, once it is listed.
func (r *running) find(name string) (found state.Entry) {
	r.t.Helper()
	until(r.t, func() bool {
		all := r.processes()
		i := slices.IndexFunc(all, func(e state.Entry) bool { return e.Name == name })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	return found
}

// inside is the internal address of a function.
func (r *running) inside(function string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.data, "ports.json"))
	var ports map[string]int
	if err == nil {
		err = json.Unmarshal(text, &ports)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return "http://127.0.0.1:" + strconv.Itoa(ports["functions"]) + "/" + function
}

// seen is what a test function answers.
type seen struct {
	Service, URI, Greeting, Body string
	PID                          int
	Count, Most                  int64
	Header                       http.Header
}

func get(t testing.TB, url string) (status int, s seen, text string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(body, &s) // other answers are text
	return resp.StatusCode, s, string(body)
}

func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !bytes.Contains(stat, []byte(") Z")) // nobody may be there to reap it
}

// until waits for a condition.
func until(t testing.TB, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for ; !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass")
		}
	}
}

// taken is a port that something listens on.
func taken(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}
