package memory_test

import (
	"testing"

	"usher.example/functions/simulation/memory"
	"usher.example/shared/store"
	"usher.example/shared/store/storetest"
)

// The store of the simulation keeps the contract that the embedded server and DynamoDB keep.
func TestStore(t *testing.T) {
	tables := store.New(memory.New(), "test-")
	for range 2 { // the second time changes nothing
		if err := tables.EnsureTables(t.Context(), storetest.Schema); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Run(t, tables)
}

// An index shows what was written only when it has caught up.
func TestLag(t *testing.T) {
	lagging := true
	m := memory.New()
	m.Lag = func() bool { return lagging }
	tables := store.New(m, "")
	if err := tables.EnsureTables(t.Context(), storetest.Schema); err != nil {
		t.Fatal(err)
	}
	type row struct {
		Shelf string `dynamodbav:"shelf"`
	}
	ctx, table := t.Context(), tables.Table("things")
	if _, _, err := store.Insert(ctx, table, store.Key{PK: "a", SK: "b"}, func(*row) (*row, error) { return &row{"s"}, nil }); err != nil {
		t.Fatal(err)
	}
	find := func() int {
		found, err := store.Find[row](ctx, table, store.Query{Index: "shelf", Hash: "shelf", Range: "sk", Value: "s", Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if n := find(); n != 0 {
		t.Errorf("%d are found before the index caught up", n)
	}
	lagging = false
	if n := find(); n != 1 {
		t.Errorf("%d are found, want 1", n)
	}
}
