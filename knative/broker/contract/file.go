package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// MaxBytes bounds the document. A ConfigMap holds at most 1 MiB; a laptop's file
// gets some room, yet a wrong path to a huge file must not fill the memory.
const MaxBytes = 8 << 20

// Parse reads a document, fills in what follows from other fields, and reports
// every reason why it cannot be used. Unknown fields are allowed, so that an
// older data plane runs with a newer controller's document.
func Parse(data []byte) (*Contract, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("the contract has more than %d bytes", MaxBytes)
	}
	var c Contract
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("the contract is not the JSON it should be: %w", err)
	}
	c.Complete()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &c, nil
}

// Load reads and parses the file at path.
func Load(path string) (*Contract, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", path, err)
	}
	return c, nil
}

// Save writes the document so that a reader sees the old one or the new one,
// never a half: a synced temporary file in the same folder, renamed into place.
// It refuses a document that Load would refuse.
func Save(path string, c *Contract) (err error) {
	c.Complete()
	if err := c.Validate(); err != nil {
		return fmt.Errorf("contract %s: %w", path, err)
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("contract %s: %w", path, err)
	}
	if len(data) > MaxBytes {
		return fmt.Errorf("contract %s: more than %d bytes; split the Brokers over several data planes", path, MaxBytes)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".contract-*")
	if err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, writeErr := f.Write(append(data, '\n'))
	if err := errors.Join(writeErr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	return nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", path, err)
	}
	return data, nil
}
