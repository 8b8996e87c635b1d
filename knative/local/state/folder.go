// Package state is the data folder of the local runtime:
//
//	lock            held while a runtime runs here; says its pid, its address, and whether it is stopping
//	secrets.json    generated once, readable by its owner only
//	signing.pem     the key that the Broker signs deliveries with; likewise
//	ports.json      the ports of what listens, kept so that addresses stay the same
//	processes.json  what runs now: [{name, kind, pid, address, started_at}]
//	contract.json   what the Broker is told: its Triggers and where they deliver
//	bin/            the built programs; build.json says what they were built from
//	store.db        the store's data
//	broker/         the Broker's data
//	stripe.db       the data of Stripe's test double
//	mail/           mails that would have been sent, one file each; can be deleted at any time
//
// All but the three that say data can be deleted while nothing runs; deleting secrets.json signs everybody out.
package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Folder is an open data folder.
type Folder struct {
	dir  string
	lock *os.File
}

// Path is the absolute path of a file in the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.dir, name) }

// makeFolder creates the folder and finds out whether it can be written to. Its errors say what to do.
func makeFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("DATA: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("DATA: %w; name a folder that can be written to", err)
	}
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return "", fmt.Errorf("DATA: %w; name a folder that can be written to", err)
	}
	return dir, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// readJSON reads a file of the folder into v, which stays as it is when there is none. One that is damaged is an error.
func (f *Folder) readJSON(name string, v any) error {
	data, err := os.ReadFile(f.Path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("DATA: %s is damaged (%w); mend it or delete it", f.Path(name), err)
	}
	return nil
}

// writeJSON replaces a file of the folder: a reader sees the old one or the new one. With sync it survives a power cut.
func (f *Folder) writeJSON(name string, v any, mode os.FileMode, sync bool) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("DATA: %s: %w", name, err)
	}
	return f.write(name, append(data, '\n'), mode, sync)
}

// write does so with what is no JSON.
func (f *Folder) write(name string, data []byte, mode os.FileMode, sync bool) (err error) {
	t, err := os.CreateTemp(f.dir, "."+name+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(t.Name())
		}
	}()
	_, err = t.Write(data)
	if sync && err == nil {
		err = t.Sync()
	}
	if err := errors.Join(err, t.Chmod(mode), t.Close()); err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	if err := os.Rename(t.Name(), f.Path(name)); err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	return nil
}
