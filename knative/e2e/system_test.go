package e2e

import (
	"bufio"
	"bytes"
	"context"
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
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// startTimeout bounds the start of the system with everything built; the first one builds.
	startTimeout = 4 * time.Minute
	// stopTimeout bounds an orderly stop.
	stopTimeout = 20 * time.Second
)

// patience bounds the wait for something that happens by events. It is long for a machine that is busy, and longer where each step may start
// a pod: a test that holds a promise about time measures the time itself.
var patience = 20 * time.Second

// onlyURL says whether the system is one that runs elsewhere.
func onlyURL() bool { return os.Getenv("USHER_URL") != "" }

func init() {
	if onlyURL() {
		patience = 90 * time.Second
	}
}

// system is one running system.
type system struct {
	t    testing.TB
	url  string
	data string
	env  []string
	cmd  *exec.Cmd
	log  *lines
	done chan struct{}
}

// process is one of the processes that the local runtime runs.
type process struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	PID     int    `json:"pid"`
	Address string `json:"address"`
}

var shared struct {
	once   sync.Once
	system *system
	bin    string // the local runtime's binary
}

// TestMain gives the binaries a folder, and ends the shared system.
func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "usher-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared.bin = filepath.Join(folder, "local")
	code := complain(m.Run())
	if shared.system != nil {
		shared.system.end()
	}
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// build makes the local runtime's binary, once.
var build = sync.OnceValue(func() error {
	cmd := exec.Command("go", "build", "-o", shared.bin, "usher.example/knative/cmd/local")
	cmd.Dir = root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the local runtime: %w\n%s", err, out)
	}
	return nil
})

// root is the folder of the repository.
func root() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}

// running is a system that tests share; they must not disturb each other in it.
func running(t testing.TB) *system {
	t.Helper()
	if url := os.Getenv("USHER_URL"); url != "" {
		return &system{t: t, url: url}
	}
	shared.once.Do(func() {
		s, err := launch(filepath.Join(filepath.Dir(shared.bin), "shared"), nil)
		if err != nil {
			t.Fatal(err)
		}
		shared.system = s
	})
	if shared.system == nil {
		t.Fatal("the shared system did not start; see the first failure")
	}
	s := *shared.system
	s.t = t
	return &s
}

// start runs a system of the test's own, with settings such as ORDER_TTL=5s, and ends it with the test.
func start(t testing.TB, settings ...string) *system {
	t.Helper()
	if onlyURL() {
		t.Skip("needs a system of its own to start and stop; USHER_URL is set")
	}
	s, err := launch(t.TempDir(), settings)
	if err != nil {
		t.Fatal(err)
	}
	s.t = t
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the system's last lines:\n%s", s.log.tail(200))
		}
		s.end()
	})
	return s
}

func launch(data string, settings []string) (*system, error) {
	if err := build(); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &system{data: data, url: "http://127.0.0.1:" + strconv.Itoa(port), log: &lines{}}
	if err := shareBinaries(data); err != nil {
		return nil, err
	}
	s.env = append(os.Environ(), "PORT="+strconv.Itoa(port), "DATA="+data)
	s.env = append(s.env, settings...)
	return s, s.begin()
}

// shareBinaries lets the systems of all tests use the same binaries of functions, so that they are built once.
func shareBinaries(data string) error {
	bin := filepath.Join(filepath.Dir(shared.bin), "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	return os.Symlink(bin, filepath.Join(data, "bin"))
}

// begin starts the runtime and waits until it is ready.
func (s *system) begin() error {
	s.cmd = exec.Command(shared.bin)
	s.cmd.Dir, s.cmd.Env = root(), s.env
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	s.done = make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(s.done) }()
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		select {
		case <-s.done:
			return fmt.Errorf("the system ended at its start: %s\n%s", s.cmd.ProcessState, s.log.tail(100))
		case <-time.After(20 * time.Millisecond):
		}
		resp, err := http.Get(s.url + "/healthz")
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	s.end()
	return fmt.Errorf("not ready after %s\n%s", startTimeout, s.log.tail(100))
}

// end stops the system in order, or by force when it does not.
func (s *system) end() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(stopTimeout):
		s.kill()
	}
}

// kill ends the runtime at once, as a power cut would.
func (s *system) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// again starts the system anew on the same folder and port.
func (s *system) again() {
	s.t.Helper()
	if err := s.begin(); err != nil {
		s.t.Fatal(err)
	}
}

// processes are those that the runtime runs now.
func (s *system) processes() []process {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.data, "processes.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var list []process
	if err := json.Unmarshal(content, &list); err != nil {
		s.t.Fatalf("processes.json: %v\n%s", err, content)
	}
	return list
}

// process is the one of this name, if it runs.
func (s *system) process(name string) (process, bool) {
	s.t.Helper()
	all := s.processes()
	i := slices.IndexFunc(all, func(p process) bool { return p.Name == name })
	if i < 0 {
		return process{}, false
	}
	return all[i], true
}

// signal sends a signal to the process of this name.
func (s *system) signal(name string, sig syscall.Signal) {
	s.t.Helper()
	p, ok := s.process(name)
	if !ok {
		s.t.Fatalf("no process %s in %v", name, s.processes())
	}
	if err := syscall.Kill(p.PID, sig); err != nil {
		s.t.Fatalf("signal %s: %v", name, err)
	}
}

// address is where the process of this name answers. A system that was not started here says it in the environment; where
// that says nothing, the test is skipped.
func (s *system) address(name, variable string) (string, error) {
	s.t.Helper()
	if s.data == "" {
		if os.Getenv(variable) == "" {
			s.t.Skip("needs to reach inside the system: " + variable + " says where, beside USHER_URL")
		}
		return os.Getenv(variable), nil
	}
	p, ok := s.process(name)
	if !ok {
		return "", fmt.Errorf("no %s runs: %v", name, s.processes())
	}
	return p.Address, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// eventually waits until ok says so.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	within(t, patience, what, ok)
}

func within(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// lines keeps what the system says.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) tail(n int) string {
	var all []string
	for scanner := bufio.NewScanner(bytes.NewBufferString(l.String())); scanner.Scan(); {
		all = append(all, scanner.Text())
	}
	var out bytes.Buffer
	for _, line := range all[max(0, len(all)-n):] {
		out.WriteString(line + "\n")
	}
	return out.String()
}

var _ io.Writer = (*lines)(nil)

// deliver posts an event to the Broker as any sender would.
func (s *system) deliver(ctx context.Context, attributes map[string]string, data any) error {
	broker, err := s.address("broker", "USHER_BROKER")
	if err != nil {
		return err
	}
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+broker+"/usher/usher", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range attributes {
		req.Header.Set("ce-"+name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the Broker answered %s", resp.Status)
	}
	return nil
}
