// Package store keeps the test double's state in one file. A write is with the
// operating system when Update returns, so an answer that was given survives a
// SIGKILL. A machine that loses its power may lose the last seconds: no money is in
// them, and a double that waited for the disk would slow down what it stands in for.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Bucket is one kind of objects, by id.
type Bucket string

// Buckets. Ids sort by time, so each bucket is in the order its objects were made.
const (
	Intents     Bucket = "payment_intents"
	Charges     Bucket = "charges"
	Methods     Bucket = "payment_methods"
	Refunds     Bucket = "refunds"
	Disputes    Bucket = "disputes"
	Events      Bucket = "events"
	Moves       Bucket = "moves"
	Deliveries  Bucket = "deliveries" // webhooks not yet delivered, by event
	Idempotency Bucket = "idempotency"
)

var buckets = []Bucket{Intents, Charges, Methods, Refunds, Disputes, Events, Moves, Deliveries, Idempotency}

// lockWait is how long a locked file is waited for: another double runs on it.
const lockWait = 2 * time.Second

// fillPages is how full a page of the file gets before the next is begun: nearly
// full, since ids grow and pages are rarely written into again.
const fillPages = 0.9

// Store is the file. Its methods may be called at the same time.
type Store struct{ db *bbolt.DB }

// Open opens or creates the file at path, and its folder.
func Open(path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of the data file: %w", err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType, NoSync: true})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s is in use by another process; stop it or choose another file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, b := range buckets {
			if _, err := tx.CreateBucketIfNotExists([]byte(b)); err != nil {
				return fmt.Errorf("create bucket %s: %w", b, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", path, err), db.Close())
	}
	return &Store{db: db}, nil
}

// Close waits for running transactions.
func (s *Store) Close() error { return s.db.Close() }

// Update runs fn in a transaction that is kept when Update returns nil, and had no
// effect when it returns an error.
func (s *Store) Update(fn func(*Tx) error) error {
	return s.db.Update(func(tx *bbolt.Tx) error { return fn(&Tx{tx}) })
}

// View runs fn on one consistent state.
func (s *Store) View(fn func(*Tx) error) error {
	return s.db.View(func(tx *bbolt.Tx) error { return fn(&Tx{tx}) })
}

// Tx is one transaction.
type Tx struct{ tx *bbolt.Tx }

// Get reads an object into v; false when there is none.
func (t *Tx) Get(b Bucket, id string, v any) (bool, error) {
	raw := t.tx.Bucket([]byte(b)).Get([]byte(id))
	if raw == nil {
		return false, nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return false, fmt.Errorf("read %s %s: %w", b, id, err)
	}
	return true, nil
}

// Put writes an object.
func (t *Tx) Put(b Bucket, id string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", b, id, err)
	}
	bucket := t.tx.Bucket([]byte(b))
	bucket.FillPercent = fillPages
	if err := bucket.Put([]byte(id), raw); err != nil {
		return fmt.Errorf("write %s %s: %w", b, id, err)
	}
	return nil
}

// Delete removes an object, if it is there.
func (t *Tx) Delete(b Bucket, id string) error {
	if err := t.tx.Bucket([]byte(b)).Delete([]byte(id)); err != nil {
		return fmt.Errorf("delete %s %s: %w", b, id, err)
	}
	return nil
}

// Clear removes all objects of all buckets.
func (t *Tx) Clear() error {
	for _, b := range buckets {
		if err := t.tx.DeleteBucket([]byte(b)); err != nil {
			return fmt.Errorf("clear %s: %w", b, err)
		}
		if _, err := t.tx.CreateBucket([]byte(b)); err != nil {
			return fmt.Errorf("clear %s: %w", b, err)
		}
	}
	return nil
}

// Oldest walks a bucket from its oldest object, until fn returns false.
func Oldest[T any](t *Tx, b Bucket, fn func(id string, v T) (bool, error)) error {
	cursor := t.tx.Bucket([]byte(b)).Cursor()
	for id, raw := cursor.First(); id != nil; id, raw = cursor.Next() {
		more, err := visit(b, id, raw, fn)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// Newest walks a bucket from the object made before the id given, or the newest
// when it is empty, to the oldest, until fn returns false.
func Newest[T any](t *Tx, b Bucket, before string, fn func(id string, v T) (bool, error)) error {
	cursor := t.tx.Bucket([]byte(b)).Cursor()
	var id, raw []byte
	if found, _ := cursor.Seek([]byte(before)); before != "" && found != nil {
		id, raw = cursor.Prev()
	} else {
		id, raw = cursor.Last()
	}
	for ; id != nil; id, raw = cursor.Prev() {
		more, err := visit(b, id, raw, fn)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func visit[T any](b Bucket, id, raw []byte, fn func(id string, v T) (bool, error)) (bool, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return false, fmt.Errorf("read %s %s: %w", b, id, err)
	}
	return fn(string(id), v)
}
