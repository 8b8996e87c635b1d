package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"usher.example/knative/stripe/store"
)

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *store.Store, ids ...string) {
	t.Helper()
	err := s.Update(func(tx *store.Tx) error {
		for _, id := range ids {
			if err := tx.Put(store.Intents, id, "value of "+id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ids lists a bucket in one of the two orders.
func ids(t *testing.T, s *store.Store, walk func(*store.Tx, func(string, string) (bool, error)) error) []string {
	t.Helper()
	var seen []string
	err := s.View(func(tx *store.Tx) error {
		return walk(tx, func(id, _ string) (bool, error) {
			seen = append(seen, id)
			return len(seen) < 3, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "stripe.db")
	s := open(t, path)
	put(t, s, "c", "a", "d", "b")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("KeepsWhatWasWritten", func(t *testing.T) {
		var value string
		err := s.View(func(tx *store.Tx) error {
			found, err := tx.Get(store.Intents, "c", &value)
			if !found {
				t.Error("c is gone")
			}
			return err
		})
		if err != nil || value != "value of c" {
			t.Fatalf("%q, %v", value, err)
		}
	})
	t.Run("WalksInOrder", func(t *testing.T) {
		oldest := func(tx *store.Tx, fn func(string, string) (bool, error)) error {
			return store.Oldest(tx, store.Intents, fn)
		}
		if got := ids(t, s, oldest); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("oldest: %v", got)
		}
		for before, want := range map[string][]string{"": {"d", "c", "b"}, "c": {"b", "a"}, "bb": {"b", "a"}, "z": {"d", "c", "b"}, "a": nil} {
			newest := func(tx *store.Tx, fn func(string, string) (bool, error)) error {
				return store.Newest(tx, store.Intents, before, fn)
			}
			if got := ids(t, s, newest); !slices.Equal(got, want) {
				t.Errorf("newest before %q: %v; want %v", before, got, want)
			}
		}
	})
	t.Run("UndoesWhatFailed", func(t *testing.T) {
		failure := errors.New("no")
		err := s.Update(func(tx *store.Tx) error {
			if err := tx.Put(store.Intents, "e", "half done"); err != nil {
				return err
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Fatalf("got %v", err)
		}
		err = s.View(func(tx *store.Tx) error {
			if found, err := tx.Get(store.Intents, "e", new(string)); found || err != nil {
				t.Errorf("found %v, %v", found, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
