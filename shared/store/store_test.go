package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// The tests run against the embedded server as a process of its own; this module does not know its code. Another server
// is tested by naming it in DYNAMODB_ENDPOINT.
var tables *store.Store

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	endpoint := os.Getenv("DYNAMODB_ENDPOINT")
	if endpoint == "" {
		folder, err := os.MkdirTemp("", "usher-store-")
		if err != nil {
			return 1, err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		address, stop, err := serve(folder)
		if err != nil {
			return 1, err
		}
		defer stop()
		endpoint = "http://" + address
	}
	env := map[string]string{
		"DYNAMODB_ENDPOINT": endpoint, "AWS_REGION": "local", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
		"TABLE_PREFIX": fmt.Sprintf("test-%d-", time.Now().UnixNano()),
	}
	var err error
	if tables, err = store.FromEnv(func(name string) string { return env[name] }); err != nil {
		return 1, err
	}
	for range 2 { // the second time changes nothing
		if err := tables.EnsureTables(context.Background(), schema); err != nil {
			return 1, err
		}
	}
	return m.Run(), nil
}

var schema = store.Schema{Name: "things", Sorted: true, Indexes: []store.Index{
	store.OutboxIndex,
	{Name: "shelf", Hash: "shelf", Range: "sk", Project: []string{"n"}},
}}

// serve builds and starts the embedded server.
func serve(folder string) (address string, stop func(), err error) {
	bin := filepath.Join(folder, "dynamodb")
	if out, err := exec.Command("go", "build", "-o", bin, "usher.example/knative/cmd/dynamodb").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("build the embedded server: %w\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(bin, "-addr", address, "-data", filepath.Join(folder, "store.db"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	for range 500 {
		if resp, err := http.Get("http://" + address + "/"); err == nil {
			_ = resp.Body.Close()
			return address, stop, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("the embedded server does not answer")
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

func TestUpdate(t *testing.T) {
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
func TestUpdateInParallel(t *testing.T) {
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
func TestOneTakes(t *testing.T) {
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

func TestFind(t *testing.T) {
	ctx, table := t.Context(), tables.Table("things")
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
		"Nothing":    {store.Query{Value: "nobody", Limit: 10}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := store.Find[row](ctx, table, c.query)
			if err != nil || show(got) != c.want {
				t.Errorf("got %s, %v", show(got), err)
			}
		})
	}
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
			keys = append(keys, store.Key{PK: "TestFind", SK: sk})
		}
		got, err := store.GetAll[row](ctx, table, keys)
		if err != nil || show(got) != "51" {
			t.Errorf("got %s, %v", show(got), err)
		}
	})
}

// A snapshot comes back as it was written: money, times, what is absent.
func TestSnapshotRoundTrip(t *testing.T) {
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

func TestOutbox(t *testing.T) {
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

func TestUnavailable(t *testing.T) {
	env := map[string]string{"DYNAMODB_ENDPOINT": "http://127.0.0.1:1", "AWS_REGION": "local", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
	gone, err := store.FromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get[thing](t.Context(), gone.Table("things"), keyFor(t)); !problem.Is(err, problem.Unavailable) {
		t.Errorf("got %v", err)
	}
}
