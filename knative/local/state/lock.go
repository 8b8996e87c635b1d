package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

const (
	lockFile = "lock"
	// dyingWait is how long a killed predecessor may take to let go of the folder.
	dyingWait = time.Second
	// stoppingWait is how long one that says it is stopping may take: longer than an orderly stop.
	stoppingWait = 30 * time.Second
	lockPause    = 20 * time.Millisecond
)

// Holder is what the lock file says of the runtime that holds it.
type Holder struct {
	PID int `json:"pid"`
	// Address is where people reach it, as a URL.
	Address  string `json:"address,omitempty"`
	Stopping bool   `json:"stopping,omitempty"`
}

// Open makes the folder if there is none, and holds it until Close or the end of this program. A second runtime on the
// same folder gets an error in one line; one that comes while the first is dying waits for it.
func Open(ctx context.Context, dir string) (*Folder, error) {
	dir, err := makeFolder(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: dir}
	if f.lock, err = os.OpenFile(f.Path(lockFile), os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("DATA: %w", err)
	}
	begin := time.Now()
	for {
		err := syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, f.Hold(Holder{PID: os.Getpid()})
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("DATA: lock %s: %w", dir, err), f.lock.Close())
		}
		h := f.holder()
		waited := time.Since(begin)
		if waited > stoppingWait || waited > dyingWait && !h.Stopping {
			return nil, errors.Join(fmt.Errorf("DATA: %s is in use by the runtime with pid %d; stop that one, or set DATA to another folder", dir, h.PID), f.lock.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.lock.Close())
		case <-time.After(lockPause):
		}
	}
}

// Hold writes into the lock file what others should know. The file is never replaced: the lock is on it.
func (f *Folder) Hold(h Holder) error {
	data, err := json.Marshal(h)
	if err == nil {
		_, err = f.lock.WriteAt(append(data, '\n'), 0)
	}
	if err == nil {
		err = f.lock.Truncate(int64(len(data)) + 1)
	}
	if err != nil {
		return fmt.Errorf("DATA: write %s: %w", f.Path(lockFile), err)
	}
	return nil
}

// holder reads what the lock's holder wrote; nothing when it is just writing it.
func (f *Folder) holder() (h Holder) {
	if _, err := f.lock.Seek(0, io.SeekStart); err != nil {
		return h
	}
	data, err := io.ReadAll(io.LimitReader(f.lock, 4<<10))
	if err != nil || json.Unmarshal(data, &h) != nil {
		return Holder{}
	}
	return h
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.lock.Close() }
