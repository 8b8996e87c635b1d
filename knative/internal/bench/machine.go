package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// machine is what the figures depend on.
type machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Memory string  `json:"memory"`
	Kernel string  `json:"kernel"`
	Go     string  `json:"go"`
	Load   string  `json:"load"`         // of the last 1, 5 and 15 minutes, when the run began
	Sync50 float64 `json:"fsync_p50_ms"` // writing 1 KB through to the disk
	Sync99 float64 `json:"fsync_p99_ms"`
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, Linux %s, %s; load %s; fsync of 1 KB p50 %.2f ms, p99 %.2f ms",
		m.CPU, m.Cores, m.Memory, m.Kernel, m.Go, m.Load, m.Sync50, m.Sync99)
}

func look() (machine, error) {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version(), CPU: field("/proc/cpuinfo", "model name"), Memory: field("/proc/meminfo", "MemTotal")}
	if content, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(content))
	}
	if content, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(content))[:3], " ")
	}
	var err error
	m.Sync50, m.Sync99, err = syncs()
	return m, err
}

// field reads one line "name : value" of a file in /proc; empty where there is none.
func field(file, name string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// syncs measures the disk: appending 1 KB and having it written through, two hundred times.
func syncs() (p50, p99 float64, err error) {
	f, err := os.CreateTemp("", "usher-bench-")
	if err != nil {
		return 0, 0, fmt.Errorf("measure the disk: %w", err)
	}
	defer func() { _ = f.Close(); _ = os.Remove(f.Name()) }()
	block := bytes.Repeat([]byte{1}, 1024)
	took := make([]float64, 200)
	for i := range took {
		began := time.Now()
		if _, err = f.Write(block); err == nil {
			err = f.Sync()
		}
		if err != nil {
			return 0, 0, fmt.Errorf("measure the disk: %w", err)
		}
		took[i] = float64(time.Since(began).Microseconds()) / 1000
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100], nil
}
