package dynamodb

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"

	"usher.example/knative/dynamodb/internal/engine"
)

const (
	tablesSpace   = "tables"   // definitions by name
	sequenceSpace = "sequence" // the last table's ID
)

var sequenceKey = []byte("table")

// catalog holds the tables in memory, ready for use, as the store has them.
type catalog struct {
	loading sync.Mutex // held while loading, so that an older snapshot never replaces a newer one
	mu      sync.RWMutex
	tables  map[string]*table
}

// load reads all definitions anew.
func (c *catalog) load(e engine.Engine) error {
	c.loading.Lock()
	defer c.loading.Unlock()
	tables := map[string]*table{}
	err := e.View(func(r engine.Reader) error {
		cursor := r.Cursor(tablesSpace)
		for k, v := cursor.Seek(nil); k != nil; k, v = cursor.Next() {
			t, err := readTable(v)
			if err != nil {
				return err
			}
			tables[string(k)] = t
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.tables = tables
	c.mu.Unlock()
	return nil
}

func readTable(stored []byte) (*table, error) {
	var d definition
	if err := json.Unmarshal(stored, &d); err != nil {
		return nil, fmt.Errorf("%w: a table's definition cannot be read: %w", engine.ErrCorrupt, err)
	}
	return newTable(d, bytes.Clone(stored)), nil
}

// get finds a table for reading or writing items.
func (c *catalog) get(name string) (*table, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if t := c.tables[name]; t != nil {
		return t, nil
	}
	return nil, errTableNotFound
}

func (c *catalog) names() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.tables))
}

// errStale says that a table is no longer what a write was planned by.
var errStale = errors.New("the table has changed meanwhile")

// staleTries bounds how often a write is planned again because somebody keeps changing the table.
const staleTries = 5

// write plans a change by the tables as they are known and queues it. The plan is checked in the committer, where tables
// cannot change, and made again when it was too old.
func (s *Server) write(plan func() (tables []*table, apply func(engine.Writer) error, err error)) error {
	for range staleTries {
		tables, apply, err := plan()
		if err != nil {
			return err
		}
		err = s.committer.Do(func(w engine.Writer) error {
			for _, t := range tables {
				if !bytes.Equal(w.Get(tablesSpace, []byte(t.TableName)), t.raw) {
					return errStale
				}
			}
			return apply(w)
		})
		if !errors.Is(err, errStale) {
			return err
		}
		if err := s.catalog.load(s.engine); err != nil {
			return err
		}
	}
	return inUse("The table keeps changing; try again")
}

// define stores, replaces or (with a nil definition) drops a table: f decides inside the committer what becomes of the
// current definition, and may change spaces. It is called with nil when there is no such table.
func (s *Server) define(name string, f func(w engine.Writer, current *table) (*definition, error)) (*table, error) {
	var result *table
	err := s.committer.Do(func(w engine.Writer) error {
		var current *table
		if stored := w.Get(tablesSpace, []byte(name)); stored != nil {
			var err error
			if current, err = readTable(stored); err != nil {
				return err
			}
		}
		next, err := f(w, current)
		if err != nil {
			return err
		}
		if next == nil {
			result = current
			return w.Delete(tablesSpace, []byte(name))
		}
		raw, err := json.Marshal(next, json.Deterministic(true))
		if err != nil {
			return err
		}
		if err := w.Create(tablesSpace); err != nil {
			return err
		}
		result = newTable(*next, raw)
		return w.Put(tablesSpace, []byte(name), raw)
	})
	if err != nil {
		return nil, err
	}
	return result, s.catalog.load(s.engine)
}
