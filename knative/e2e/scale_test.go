package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Functions are processes: none before the first request, one for it, none after a while.
func TestScaleFromZeroAndToZero(t *testing.T) {
	t.Parallel()
	s := start(t, "IDLE=2s")
	const name = "users-signup"
	eventually(t, "all functions are at zero", func() bool { return len(s.functions()) == 0 })
	if rss := s.resident(); rss > 200<<20 {
		t.Errorf("with all functions at zero the system has %d MiB resident", rss>>20)
	} else {
		t.Logf("with all functions at zero the system has %d MiB resident", rss>>20)
	}
	p := s.person("first")
	function, ok := s.process(name)
	if !ok {
		t.Fatalf("%s answered, and does not run: %v", name, s.processes())
	}
	if command, err := os.ReadFile("/proc/" + strconv.Itoa(function.PID) + "/cmdline"); err != nil || len(command) == 0 {
		t.Errorf("no process %d: %v", function.PID, err)
	}
	eventually(t, "the function is at zero again", func() bool {
		_, runs := s.process(name)
		return !runs
	})
	if _, err := os.Stat("/proc/" + strconv.Itoa(function.PID)); err == nil {
		t.Errorf("process %d is left over", function.PID)
	}
	began := time.Now()
	p.must(200, p.do("GET", "/api/users/currentuser", nil), nil)
	t.Logf("from zero, gateway and function, in %s", time.Since(began))
}

// functions are the processes of functions.
func (s *system) functions() (names []string) {
	for _, p := range s.processes() {
		if p.Kind == "function" {
			names = append(names, p.Name)
		}
	}
	return names
}

// resident is the memory of the runtime and all it runs, in bytes, as Linux counts it for each process.
func (s *system) resident() (bytes int64) {
	pids := []int{s.cmd.Process.Pid}
	for _, p := range s.processes() {
		pids = append(pids, p.PID)
	}
	for _, pid := range pids {
		if own, err := resident(pid); err == nil { // it may have ended meanwhile
			bytes += own
		}
	}
	return bytes
}

// resident is the memory of one process, in bytes.
func resident(pid int) (int64, error) {
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(content))
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm of %d: %q", pid, content)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
