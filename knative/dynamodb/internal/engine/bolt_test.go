package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// sample makes a store with enough in it to have branch pages, and returns its bytes.
func sample(t *testing.T, path string) []byte {
	t.Helper()
	b, err := OpenBolt(path, true)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(w Writer) error {
		if err := w.Create("s"); err != nil {
			return err
		}
		for i := range 2000 {
			if err := w.Put("s", fmt.Appendf(nil, "key-%05d", i), bytes.Repeat([]byte{byte(i)}, 60)); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	raw := sample(t, filepath.Join(dir, "good"))
	tests := []struct {
		name string
		make func(path string) error
		want error
	}{
		{"an empty file", func(p string) error { return os.WriteFile(p, nil, 0o600) }, ErrCorrupt},
		{"another program's file", func(p string) error { return os.WriteFile(p, bytes.Repeat([]byte("not a store\n"), 5000), 0o600) }, ErrCorrupt},
		{"a file cut in its first page", func(p string) error { return os.WriteFile(p, raw[:100], 0o600) }, ErrCorrupt},
		{"a file cut after its first pages", func(p string) error { return os.WriteFile(p, raw[:5*os.Getpagesize()], 0o600) }, ErrCorrupt},
		{"a file cut before its last page", func(p string) error { return os.WriteFile(p, raw[:20*os.Getpagesize()], 0o600) }, ErrCorrupt},
		{"a file of zeros", func(p string) error { return os.WriteFile(p, make([]byte, len(raw)), 0o600) }, ErrCorrupt},
		{"another program's bbolt file", foreign, ErrForeign},
		{"a directory", func(p string) error { return os.Mkdir(p, 0o700) }, ErrForeign},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(dir, fmt.Sprint(i))
			if err := test.make(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			b, err := OpenBolt(path, true)
			if err == nil {
				b.Close()
			}
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("a file in a folder that does not exist", func(t *testing.T) {
		if _, err := OpenBolt(filepath.Join(dir, "no", "store"), true); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a file that is open already", func(t *testing.T) {
		b, err := OpenBolt(filepath.Join(dir, "good"), true)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if _, err := OpenBolt(filepath.Join(dir, "good"), true); !errors.Is(err, ErrLocked) {
			t.Errorf("got %v", err)
		}
	})
}

func foreign(path string) error {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	return db.Close()
}

// TestDamage flips bytes: opening or reading may fail, with an error, but never panics and never yields keys out of order.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	raw := sample(t, filepath.Join(dir, "good"))
	path := filepath.Join(dir, "damaged")
	random := rand.New(rand.NewPCG(1, 2))
	found := 0
	for i := range 60 {
		damaged := bytes.Clone(raw[:min(len(raw), 60*os.Getpagesize())])
		damaged = append(damaged, raw[len(damaged):]...)
		at := random.IntN(60 * os.Getpagesize())
		damaged[at] ^= byte(1 + random.IntN(255))
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := OpenBolt(path, true)
		if err != nil {
			found++
			continue
		}
		err = b.View(func(r Reader) error {
			c := r.Cursor("s")
			n := 0
			for k, _ := c.Seek(nil); k != nil && n < 5000; k, _ = c.Next() {
				n++
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("flip %d at %d: %v", i, at, err)
		}
		b.Close()
	}
	if found == 0 {
		t.Error("no damage was found when opening")
	}
}
