// Package storetest is what each store must do that the functions stand on: the contract suite of the port store.API.
package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// Schema is the table that the suite works on; it must be there before.
var Schema = store.Schema{Name: "things", Sorted: true, Indexes: []store.Index{
	store.OutboxIndex,
	{Name: "shelf", Hash: "shelf", Range: "sk", Project: []string{"n"}},
}}

// Run holds a store to the contract. The store must be empty before.
func Run(t *testing.T, tables *store.Store) {
	for name, test := range map[string]func(*testing.T, *store.Store){
		"Update": update, "UpdateInParallel": updateInParallel, "OneTakes": oneTakes, "Find": find,
		"SnapshotRoundTrip": snapshotRoundTrip, "Outbox": outbox, "Delete": remove, "DeleteIf": removeIf, "Facts": facts,
	} {
		t.Run(name, func(t *testing.T) { test(t, tables) })
	}
}

type thing struct {
	N     int    `dynamodbav:"n"`
	Shelf string `dynamodbav:"shelf,omitempty"`
	store.Outbox
}

func keyFor(t *testing.T) store.Key { return store.Key{PK: t.Name(), SK: "x"} }

func add(cur *thing) (*thing, error) {
	if cur == nil {
		return &thing{N: 1}, nil
	}
	return &thing{N: cur.N + 1}, nil
}

func update(t *testing.T, tables *store.Store) {
	ctx, table := t.Context(), tables.Table("things")
	t.Run("OK/CreateAndChange", func(t *testing.T) {
		for want := 1; want <= 3; want++ {
			got, wrote, err := store.Update(ctx, table, keyFor(t), add)
			if err != nil || got.N != want || wrote != (store.Write{Changed: true, Count: int64(want)}) {
				t.Fatalf("got %+v, %+v, %v", got, wrote, err)
			}
		}
	})
	t.Run("OK/Unchanged", func(t *testing.T) {
		got, wrote, err := store.Update(ctx, table, keyFor(t), func(*thing) (*thing, error) { return nil, nil })
		if got != nil || wrote.Changed || err != nil {
			t.Errorf("got %+v, %+v, %v", got, wrote, err)
		}
	})
	t.Run("OK/InsertFindsWhatIsThere", func(t *testing.T) {
		for want := 1; want <= 2; want++ {
			if got, _, err := store.Insert(ctx, table, keyFor(t), add); err != nil || got.N != want {
				t.Fatalf("got %+v, %v", got, err)
			}
		}
	})
	t.Run("OK/FromWhatWasSeen", func(t *testing.T) {
		first, wrote, err := store.Update(ctx, table, keyFor(t), add)
		if err != nil {
			t.Fatal(err)
		}
		seen := store.Wrote(first, wrote)
		for want := 2; want <= 3; want++ { // the second time it is outdated
			if got, _, err := store.UpdateFrom(ctx, table, keyFor(t), seen, add); err != nil || got.N != want {
				t.Fatalf("got %+v, %v", got, err)
			}
		}
	})
	t.Run("OK/NothingToDoIsAskedOfWhatIsThere", func(t *testing.T) {
		first, wrote, err := store.Update(ctx, table, keyFor(t), add)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := store.Update(ctx, table, keyFor(t), add); err != nil {
			t.Fatal(err)
		}
		got, _, err := store.UpdateFrom(ctx, table, keyFor(t), store.Wrote(first, wrote), func(cur *thing) (*thing, error) { return nil, nil })
		if err != nil || got.N != 2 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("ErrOfDecision", func(t *testing.T) {
		if _, _, err := store.Update(ctx, table, keyFor(t), add); err != nil {
			t.Fatal(err)
		}
		no := errors.New("no")
		got, _, err := store.Update(ctx, table, keyFor(t), func(*thing) (*thing, error) { return nil, no })
		if !errors.Is(err, no) || got == nil || got.N != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// Whoever adds, and however many at once: none is lost, and each is told or refused.
func updateInParallel(t *testing.T, tables *store.Store) {
	const workers, each = 8, 25
	ctx, table := t.Context(), tables.Table("things")
	var mu sync.Mutex
	added := 0
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				_, _, err := store.Update(ctx, table, keyFor(t), add)
				if err != nil && !problem.Is(err, problem.Conflict) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					added++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	got, err := store.Get[thing](ctx, table, keyFor(t))
	if err != nil || got == nil || got.N != added {
		t.Errorf("%d additions were acknowledged, the item has %+v, %v", added, got, err)
	}
}

// One of many takes what only one can have (P1).
func oneTakes(t *testing.T, tables *store.Store) {
	ctx, table := t.Context(), tables.Table("things")
	taken := errors.New("taken")
	winners := make(chan int, 50)
	var wg sync.WaitGroup
	for i := range cap(winners) {
		wg.Go(func() {
			_, _, err := store.Insert(ctx, table, keyFor(t), func(cur *thing) (*thing, error) {
				if cur != nil {
					return nil, taken
				}
				return &thing{N: i}, nil
			})
			switch {
			case err == nil:
				winners <- i
			case !errors.Is(err, taken):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(winners) != 1 {
		t.Errorf("%d took it", len(winners))
	}
}

func find(t *testing.T, tables *store.Store) {
	ctx, table, name := t.Context(), tables.Table("things"), t.Name()
	for i := range 7 {
		key := store.Key{PK: t.Name(), SK: fmt.Sprint(i)}
		shelf := store.Shard(fmt.Sprint(i))
		if _, _, err := store.Insert(ctx, table, key, func(*thing) (*thing, error) { return &thing{N: i, Shelf: shelf}, nil }); err != nil {
			t.Fatal(err)
		}
	}
	type row struct {
		SK string `dynamodbav:"sk"`
		N  int    `dynamodbav:"n"`
	}
	show := func(rows []row) (s string) {
		for _, r := range rows {
			s += fmt.Sprint(r.N)
		}
		return s
	}
	for name, c := range map[string]struct {
		query store.Query
		want  string
	}{
		"Ascending":  {store.Query{Value: t.Name(), Limit: 10}, "0123456"},
		"Descending": {store.Query{Value: t.Name(), Limit: 10, Descending: true}, "6543210"},
		"Limit":      {store.Query{Value: t.Name(), Limit: 3}, "012"},
		"After":      {store.Query{Value: t.Name(), Limit: 3, After: "2"}, "345"},
		"AfterDown":  {store.Query{Value: t.Name(), Limit: 3, After: "4", Descending: true}, "321"},
		"Until":      {store.Query{Value: t.Name(), Limit: 10, Until: "2", Consistent: true}, "012"},
		"UntilDown":  {store.Query{Value: t.Name(), Limit: 10, Until: "4", Descending: true, Consistent: true}, "654"},
		"Between":    {store.Query{Value: t.Name(), Limit: 10, After: "1", Until: "4", Consistent: true}, "234"},
		"Empty":      {store.Query{Value: t.Name(), Limit: 10, After: "4", Until: "4"}, ""},
		"Only":       {store.Query{Value: t.Name(), Limit: 2, Only: []string{"n"}}, "01"},
		"Nothing":    {store.Query{Value: "nobody", Limit: 10}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := store.Find[row](ctx, table, c.query)
			if err != nil || show(got) != c.want {
				t.Errorf("got %s, %v", show(got), err)
			}
		})
	}
	t.Run("Part", func(t *testing.T) {
		q := store.Query{Value: t.Name(), Limit: 4, In: "word", Containing: []string{"o", "e"}}
		put := map[store.Key]struct {
			Word string `dynamodbav:"word"`
		}{}
		for i, w := range []string{"one", "two", "three", "oeuvre", "eon", "six"} {
			put[store.Key{PK: t.Name(), SK: fmt.Sprint(i)}] = struct {
				Word string `dynamodbav:"word"`
			}{w}
		}
		if err := store.WriteFacts(ctx, table, store.Facts[struct {
			Word string `dynamodbav:"word"`
		}]{Put: put}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"0 3 until 3", "4 until "} {
			part, err := store.FindPart[row](ctx, table, q)
			got := ""
			for _, r := range part.Items {
				got += r.SK + " "
			}
			if got += "until " + part.Last; got != want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
			q.After = part.Last
		}
	})
	t.Run("MergedFromShards", func(t *testing.T) {
		q := store.Query{Index: "shelf", Hash: "shelf", Range: "sk", Limit: 5, Descending: true}
		got, err := store.FindMerged(ctx, table, q, func(r row) string { return r.SK })
		if err != nil || show(got) != "65432" {
			t.Errorf("got %s, %v", show(got), err)
		}
	})
	t.Run("GetAll", func(t *testing.T) {
		var keys []store.Key
		for _, sk := range []string{"5", "missing", "1"} {
			keys = append(keys, store.Key{PK: name, SK: sk})
		}
		got, err := store.GetAll[row](ctx, table, keys)
		if err != nil || show(got) != "51" {
			t.Errorf("got %s, %v", show(got), err)
		}
	})
}

// A snapshot comes back as it was written: money, times, what is absent.
func snapshotRoundTrip(t *testing.T, tables *store.Store) {
	type item struct {
		Snapshot events.Ticket `dynamodbav:"snapshot"`
	}
	at := time.Date(2026, 12, 24, 20, 0, 0, 123456789, time.UTC)
	want := events.Ticket{
		ID: "t", Version: 1, Revision: 1, Status: events.TicketHeld, SellerID: "s", Title: "Zauberflöte", Price: events.Money{Amount: 29, Currency: "USD"},
		Occasion: &events.Occasion{Name: "N", StartsAt: at}, Hold: &events.Hold{OrderID: "o", BuyerID: "b", Reservation: 7, Until: at}, CreatedAt: at, UpdatedAt: at,
	}
	ctx, table := t.Context(), tables.Table("things")
	if _, _, err := store.Insert(ctx, table, keyFor(t), func(*item) (*item, error) { return &item{want}, nil }); err != nil {
		t.Fatal(err)
	}
	got, err := store.Get[item](ctx, table, keyFor(t))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := events.New(want)
	b, _ := events.New(got.Snapshot)
	if string(a.Data()) != string(b.Data()) {
		t.Errorf("wrote %s\nread  %s", a.Data(), b.Data())
	}
}

func outbox(t *testing.T, tables *store.Store) {
	ctx, table := t.Context(), tables.Table("things")
	now := time.Date(2026, 12, 24, 20, 0, 0, 0, time.UTC)
	_, wrote, err := store.Insert(ctx, table, keyFor(t), func(*thing) (*thing, error) {
		return &thing{N: 1, Outbox: store.Mark("x", now)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	find := func(before time.Time) int {
		got, err := store.FindUnpublished[struct{}](ctx, table, before, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(got)
	}
	if n := find(now.Add(-time.Second)); n != 0 {
		t.Errorf("%d are found before they are old enough", n)
	}
	if n := find(now); n != 1 {
		t.Errorf("%d are found, want 1", n)
	}
	if err := table.ClearOutbox(ctx, keyFor(t), wrote.Count+1); err != nil {
		t.Fatal(err)
	}
	if n := find(now); n != 1 {
		t.Error("the mark of a later write was cleared")
	}
	if err := table.ClearOutbox(ctx, keyFor(t), wrote.Count); err != nil {
		t.Fatal(err)
	}
	if n := find(now); n != 0 {
		t.Error("the mark stays")
	}
	if got, err := store.Get[thing](ctx, table, keyFor(t)); err != nil || got.N != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func remove(t *testing.T, tables *store.Store) {
	ctx, table := t.Context(), tables.Table("things")
	if _, _, err := store.Insert(ctx, table, keyFor(t), add); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to remove
		if err := table.Delete(ctx, keyFor(t)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := store.Get[thing](ctx, table, keyFor(t)); got != nil || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

// More facts than one request takes are put, put again and deleted.
func facts(t *testing.T, tables *store.Store) {
	ctx, table := t.Context(), tables.Table("things")
	put, keys := map[store.Key]thing{}, []store.Key{}
	for i := range 60 {
		k := store.Key{PK: t.Name(), SK: fmt.Sprintf("%02d", i)}
		put[k], keys = thing{N: i}, append(keys, k)
	}
	left := func() int {
		found, err := store.Find[thing](ctx, table, store.Query{Value: t.Name(), Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	for _, c := range []struct {
		facts store.Facts[thing]
		want  int
	}{
		{store.Facts[thing]{}, 0}, {store.Facts[thing]{Put: put}, 60}, {store.Facts[thing]{Put: put}, 60},
		{store.Facts[thing]{Put: map[store.Key]thing{{PK: t.Name(), SK: "x"}: {}}, Delete: keys}, 1}, {store.Facts[thing]{Delete: keys}, 1},
	} {
		if err := store.WriteFacts(ctx, table, c.facts); err != nil || left() != c.want {
			t.Errorf("%d are there, want %d: %v", left(), c.want, err)
		}
	}
}

func removeIf(t *testing.T, tables *store.Store) {
	ctx, table := t.Context(), tables.Table("things")
	put := func(*thing) (*thing, error) { return &thing{N: 1, Shelf: "a"}, nil }
	if _, _, err := store.Insert(ctx, table, keyFor(t), put); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"b", "a", "a"} { // another one; it; none
		if err := table.DeleteIf(ctx, keyFor(t), "shelf", value); err != nil {
			t.Fatal(err)
		}
		got, err := store.Get[thing](ctx, table, keyFor(t))
		if err != nil || (got == nil) != (value == "a") {
			t.Errorf("after %s: %+v, %v", value, got, err)
		}
	}
}
