package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	leftoverWait  = 10 * time.Second
	leftoverPause = 5 * time.Millisecond
)

// EndLeftovers ends the processes of a predecessor that was killed, and waits until they are gone: they hold the locks
// of the store's and the Broker's data. Only programs from this folder's bin are touched: a number may belong to another
// program by now. It returns how many there were.
func (f *Folder) EndLeftovers(ctx context.Context) (int, error) {
	var entries []Entry
	if err := f.readJSON(processesFile, &entries); err != nil {
		// What is damaged here names nothing that could be ended; it is written anew.
		return 0, nil //nolint:nilerr // see above
	}
	ended := 0
	deadline := time.Now().Add(leftoverWait)
	for _, e := range entries {
		if e.PID <= 1 {
			continue
		}
		counted := false
		for {
			run := f.look(ctx, e.PID)
			if run == other {
				break
			}
			if run == ours {
				_ = syscall.Kill(e.PID, syscall.SIGKILL) // it may be dying already
			}
			if !counted {
				counted, ended = true, ended+1
			}
			if time.Now().After(deadline) {
				return ended, fmt.Errorf("DATA: %s (pid %d) of an earlier run does not end; end it by hand", e.Name, e.PID)
			}
			select {
			case <-ctx.Done():
				return ended, ctx.Err()
			case <-time.After(leftoverPause):
			}
		}
	}
	return ended, nil
}

// running is what a process number stands for.
type running int

const (
	// other: it has ended, or never was ours.
	other running = iota
	// ours: it runs a program of this folder.
	ours
	// dying: it has no program any more, but may still hold files.
	dying
)

func (f *Folder) look(ctx context.Context, pid int) running {
	if runtime.GOOS == "linux" {
		return f.lookLinux(strconv.Itoa(pid))
	}
	out, err := exec.CommandContext(ctx, "ps", "-o", "comm=", "-p", strconv.Itoa(pid)).Output()
	if err != nil || !f.inBin(strings.TrimSpace(string(out))) {
		return other
	}
	return ours
}

// lookLinux tells a dying process, whose program is gone and whose files are about to be closed, from a zombie, which
// holds nothing but its number.
func (f *Folder) lookLinux(pid string) running {
	path, err := os.Readlink("/proc/" + pid + "/exe")
	if err == nil {
		if f.inBin(strings.TrimSuffix(path, " (deleted)")) {
			return ours
		}
		return other
	}
	stat, statErr := os.ReadFile("/proc/" + pid + "/stat")
	name := bytes.LastIndexByte(stat, ')') // the state follows the name, which may hold anything
	if statErr != nil || !errors.Is(err, os.ErrNotExist) || name < 0 || len(stat) < name+3 {
		return other
	}
	const kernelThread = "0 0 " // process group and session of what never had a program
	if bytes.Contains(stat[name:min(len(stat), name+16)], []byte(kernelThread)) || strings.ContainsRune("ZX", rune(stat[name+2])) {
		return other
	}
	return dying
}

func (f *Folder) inBin(path string) bool {
	bin := f.Path("bin")
	if real, err := filepath.EvalSymlinks(bin); err == nil {
		bin = real
	}
	return strings.HasPrefix(path, bin+string(filepath.Separator)) || strings.HasPrefix(path, f.Path("bin")+string(filepath.Separator))
}
