// Package engine keeps ordered bytes on disk: named spaces of keys and values, snapshots to read from, and atomic,
// durable changes. It knows nothing of tables; what is above it knows nothing of files.
package engine

import "errors"

// Engine is a store that can be replaced: the server asks nothing else of it. Its methods are safe for concurrent use,
// but Update is called by one goroutine at a time.
type Engine interface {
	// View calls f with a snapshot, which is gone when f returns.
	View(f func(Reader) error) error
	// Update calls f and makes what it wrote durable, all of it or (after any error, f's own included) none of it.
	Update(f func(Writer) error) error
	// Size is the length of the file in bytes.
	Size() int64
	Close() error
}

// Reader is a snapshot. The slices it yields are valid until the View or Update ends and must not be changed.
// A space that does not exist is empty.
type Reader interface {
	Get(space string, key []byte) []byte
	Cursor(space string) Cursor
}

// Cursor walks a space in the order of its keys; a nil key means there is no such entry.
type Cursor interface {
	Seek(key []byte) (k, v []byte) // the first entry at or after key
	Last() (k, v []byte)
	Next() (k, v []byte)
	Prev() (k, v []byte)
}

// Writer is a snapshot that sees its own writes.
type Writer interface {
	Reader
	Create(space string) error
	Drop(space string) error
	Put(space string, key, value []byte) error
	Delete(space string, key []byte) error
}

// Errors of opening and of writing, to be told apart with errors.Is.
var (
	ErrLocked  = errors.New("it is in use by another process")
	ErrCorrupt = errors.New("it is damaged")
	ErrForeign = errors.New("it is not a store of this server")
	ErrClosed  = errors.New("the store is closed")
)
