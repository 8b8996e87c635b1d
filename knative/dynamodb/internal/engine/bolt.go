package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	// lockWait is how long a restarted server waits for its predecessor to let go of the file.
	lockWait = time.Second
	// mappedSize is address space, not memory: growing beyond it makes writers wait for all readers.
	mappedSize = 1 << 30
	filePerm   = 0o600 // tickets and password hashes are nobody else's

	formatSpace = "format"
	formatKey   = "usher.example/dynamodb"
	formatValue = "1"
)

// Bolt is an Engine over one bbolt file: copy on write, two syncs a commit, item and index in one commit.
type Bolt struct {
	db   *bbolt.DB
	path string
}

// OpenBolt opens the store in the file at path, and makes one where there is no file. A file that is there but cannot be
// used is an error, never a reason to begin anew: ErrLocked, ErrCorrupt, ErrForeign or what the file system says.
// With noSync, commits do not wait for the disk and a crash of the machine may lose or break the store.
func OpenBolt(path string, noSync bool) (*Bolt, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create %s: %w", path, err)
		}
	case err != nil:
		return nil, fmt.Errorf("open: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("open %s: %w: not a regular file", path, ErrForeign)
	case info.Size() == 0:
		return nil, fmt.Errorf("open %s: %w: it is empty; remove it to begin anew", path, ErrCorrupt)
	}
	if err := check(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db, err := open(path, bbolt.Options{NoSync: noSync, InitialMmapSize: mappedSize})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Bolt{db: db, path: path}, nil
}

// create makes an empty store under another name and links it to path when it is complete, so that a crash here leaves
// no half-made file, and a rival's store is not replaced.
func create(path string) error {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".new-store-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	draft := filepath.Join(dir, "store")
	db, err := open(draft, bbolt.Options{})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte(formatSpace))
		if err != nil {
			return err
		}
		return b.Put([]byte(formatKey), []byte(formatValue))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(draft, path); err != nil { // a file system without links
			return err
		}
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func open(path string, options bbolt.Options) (db *bbolt.DB, err error) {
	options.Timeout, options.FreelistType = lockWait, bbolt.FreelistMapType
	// The list of free pages grows with the file, and every commit would write all of it. Opening finds them again: some
	// 30 ms for 100,000 items.
	options.NoFreelistSync = true
	err = guard(func() error {
		db, err = bbolt.Open(path, filePerm, &options)
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrInvalidMapping):
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	case err != nil && !errors.As(err, new(*fs.PathError)) && !errors.Is(err, ErrCorrupt):
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err) // bbolt's own words for a file too small or of a strange shape
	}
	return db, err
}

// guard turns a panic of f, and a fault in mapped memory whose file has become shorter, into ErrCorrupt: bbolt panics on
// pages that make no sense, and a server must answer that with an error.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("%w: %v", ErrCorrupt, e)
		}
	}()
	return f()
}

// View implements Engine.
func (b *Bolt) View(f func(Reader) error) error {
	return guard(func() error {
		return closed(b.db.View(func(tx *bbolt.Tx) error { return f(boltTx{tx}) }))
	})
}

// Update implements Engine.
func (b *Bolt) Update(f func(Writer) error) error {
	return guard(func() error {
		return closed(b.db.Update(func(tx *bbolt.Tx) error { return f(boltTx{tx}) }))
	})
}

func closed(err error) error {
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// Size implements Engine.
func (b *Bolt) Size() int64 {
	info, err := os.Stat(b.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Close implements Engine; it waits for the snapshots that are open.
func (b *Bolt) Close() error { return b.db.Close() }

type boltTx struct{ tx *bbolt.Tx }

func (t boltTx) Get(space string, key []byte) []byte {
	if b := t.tx.Bucket([]byte(space)); b != nil {
		return b.Get(key)
	}
	return nil
}

func (t boltTx) Cursor(space string) Cursor {
	if b := t.tx.Bucket([]byte(space)); b != nil {
		return b.Cursor()
	}
	return emptyCursor{}
}

func (t boltTx) Create(space string) error {
	_, err := t.tx.CreateBucketIfNotExists([]byte(space))
	return err
}

func (t boltTx) Drop(space string) error {
	err := t.tx.DeleteBucket([]byte(space))
	if errors.Is(err, berrors.ErrBucketNotFound) {
		return nil
	}
	return err
}

func (t boltTx) Put(space string, key, value []byte) error {
	b := t.tx.Bucket([]byte(space))
	if b == nil {
		return fmt.Errorf("put: no space %q", space)
	}
	return b.Put(key, value)
}

func (t boltTx) Delete(space string, key []byte) error {
	b := t.tx.Bucket([]byte(space))
	if b == nil {
		return fmt.Errorf("delete: no space %q", space)
	}
	return b.Delete(key)
}

type emptyCursor struct{}

func (emptyCursor) Seek([]byte) (k, v []byte) { return nil, nil }
func (emptyCursor) Last() (k, v []byte)       { return nil, nil }
func (emptyCursor) Next() (k, v []byte)       { return nil, nil }
func (emptyCursor) Prev() (k, v []byte)       { return nil, nil }
