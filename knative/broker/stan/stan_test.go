package stan_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/stan"
	"usher.example/knative/broker/store"
)

func client(t *testing.T, s *stan.Server, id string) *stan.Client {
	t.Helper()
	c := stan.NewClient(stan.Config{URL: s.URL, Token: s.Token, ClientID: id, ExclusiveID: "exclusive", Log: brokertest.Log()})
	t.Cleanup(c.Close)
	brokertest.Until(t, "the client is connected", func() bool { return c.Status().Live })
	return c
}

func record(id string) *store.Record { return &store.Record{Event: brokertest.NewEvent(id, "t")} }

// inbox collects messages; acknowledge is whether to acknowledge them.
type inbox struct {
	mu  sync.Mutex
	got []string
}

func (b *inbox) handle(acknowledge bool) func(store.Message) {
	return func(m store.Message) {
		b.mu.Lock()
		b.got = append(b.got, m.Record.Event.ID())
		b.mu.Unlock()
		if acknowledge {
			_ = m.Ack()
		}
	}
}

func (b *inbox) ids() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.got, " ")
}

func (b *inbox) await(t *testing.T, ids string) {
	t.Helper()
	brokertest.Until(t, "it has "+ids, func() bool { return b.ids() == ids })
}

func sub(channel, durable string, handle func(store.Message)) store.Subscription {
	return store.Subscription{Channel: channel, Durable: durable, AckWait: 30 * time.Second, MaxInFlight: 10, Handle: handle}
}

func want(t *testing.T, c *stan.Client, subs ...store.Subscription) {
	t.Helper()
	c.Want(subs)
	brokertest.Until(t, "everything is subscribed", func() bool { return c.Status().Ready() })
}

func appendAll(t *testing.T, c *stan.Client, channel string, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := c.Append(t.Context(), channel, record(id)); err != nil {
			t.Fatalf("append %s: %v", id, err)
		}
	}
}

func TestSubscriptions(t *testing.T) {
	server := brokertest.StartServer(t)
	t.Run("a new durable starts with what comes after", func(t *testing.T) {
		c, box := client(t, server, "a"), &inbox{}
		appendAll(t, c, "new", "before")
		want(t, c, sub("new", "d", box.handle(true)))
		appendAll(t, c, "new", "after")
		box.await(t, "after")
	})
	t.Run("a durable goes on where it was, in another process too", func(t *testing.T) {
		one, first := client(t, server, "b"), &inbox{}
		want(t, one, sub("go-on", "d", first.handle(true)))
		appendAll(t, one, "go-on", "1")
		first.await(t, "1")
		one.Close()
		two, second := client(t, server, "b2"), &inbox{}
		appendAll(t, two, "go-on", "2")
		want(t, two, sub("go-on", "d", second.handle(true)))
		second.await(t, "2")
	})
	t.Run("what is not acknowledged comes again when its reader says goodbye", func(t *testing.T) {
		one, first := client(t, server, "c"), &inbox{}
		want(t, one, sub("again", "d", first.handle(false)))
		appendAll(t, one, "again", "1")
		first.await(t, "1")
		one.Close()
		two, second := client(t, server, "c2"), &inbox{}
		want(t, two, sub("again", "d", second.handle(true)))
		second.await(t, "1")
	})
	t.Run("a durable that is not wanted any more is deleted", func(t *testing.T) {
		c, box := client(t, server, "d"), &inbox{}
		want(t, c, sub("deleted", "d", box.handle(true)))
		c.Want(nil)
		marker := &inbox{}
		want(t, c, sub("marker", "m", marker.handle(true))) // made after the deletion
		appendAll(t, c, "deleted", "meanwhile")
		want(t, c, sub("deleted", "d", box.handle(true)))
		appendAll(t, c, "deleted", "after")
		box.await(t, "after")
	})
	t.Run("a paused durable keeps its position", func(t *testing.T) {
		c, box := client(t, server, "e"), &inbox{}
		s := sub("paused", "d", box.handle(true))
		want(t, c, s)
		s.Paused = true
		want(t, c, s)
		appendAll(t, c, "paused", "meanwhile")
		s.Paused = false
		want(t, c, s)
		box.await(t, "meanwhile")
	})
	t.Run("limits can change without losing the position", func(t *testing.T) {
		c, box := client(t, server, "f"), &inbox{}
		s := sub("limits", "d", box.handle(true))
		want(t, c, s)
		appendAll(t, c, "limits", "1")
		box.await(t, "1")
		s.MaxInFlight = 1
		want(t, c, s)
		appendAll(t, c, "limits", "2")
		box.await(t, "1 2")
	})
	t.Run("a private reading starts at the beginning", func(t *testing.T) {
		c, box := client(t, server, "g"), &inbox{}
		appendAll(t, c, "private", "1", "2")
		want(t, c, sub("private", "", box.handle(false)))
		box.await(t, "1 2")
	})
	t.Run("one record is read again", func(t *testing.T) {
		c := client(t, server, "h")
		appendAll(t, c, "fetch", "1", "2", "3")
		r, err := c.Fetch(t.Context(), "fetch", 2)
		if err != nil || r.Event.ID() != "2" {
			t.Errorf("got %v, %v", r, err)
		}
		if _, err := c.Fetch(t.Context(), "fetch", 99); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown sequence gives %v", err)
		}
	})
	t.Run("a client under the same id takes over at once", func(t *testing.T) {
		one, first := client(t, server, "same"), &inbox{}
		want(t, one, sub("same", "d", first.handle(false)))
		appendAll(t, one, "same", "1")
		first.await(t, "1")
		one.Abandon() // as if the process had been killed
		began := time.Now()
		two, second := client(t, server, "same"), &inbox{}
		want(t, two, sub("same", "d", second.handle(true)))
		second.await(t, "1")
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestAppend(t *testing.T) {
	server := brokertest.StartServer(t)
	c := client(t, server, "a")
	t.Run("what will never fit is refused as such", func(t *testing.T) {
		r := record("big")
		r.Event.DataEncoded = make([]byte, store.MaxRecordBytes)
		if err := c.Append(t.Context(), "ch", r); !errors.Is(err, store.ErrTooLarge) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("what was accepted can always be parked", func(t *testing.T) {
		r := record("big")
		r.Event.DataEncoded = make([]byte, store.MaxRecordBytes-2048)
		if err := c.Append(t.Context(), "ch", r); err != nil {
			t.Fatal(err)
		}
		failure := store.Failure{Body: make([]byte, 1024), Reason: strings.Repeat("r", 2048)}
		r.Parked = &store.Parked{Failure: failure, Sink: &failure}
		if err := c.Append(t.Context(), "ch.dlq", r); err != nil {
			t.Error(err)
		}
	})
	t.Run("without a server it is unavailable, at once", func(t *testing.T) {
		lonely := stan.NewClient(stan.Config{URL: "nats://127.0.0.1:1", ClientID: "x", ExclusiveID: "y"})
		defer lonely.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := lonely.Append(ctx, "ch", record("1")); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("a wrong token does not get in", func(t *testing.T) {
		refused := make(refusals, 1)
		stranger := stan.NewClient(stan.Config{
			URL: server.URL, Token: "wrong", ClientID: "x", ExclusiveID: "y", Log: refused.logger(),
		})
		defer stranger.Close()
		if line := <-refused; !strings.Contains(line, "Authorization") || stranger.Status().Live {
			t.Errorf("it was told %q", line)
		}
	})
}

// refusals takes the first line of a log.
type refusals chan string

// logger writes warnings to it.
func (r refusals) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (r refusals) Write(line []byte) (int, error) {
	select {
	case r <- string(line):
	default:
	}
	return len(line), nil
}

func TestFolder(t *testing.T) {
	start := func(dir string) error {
		s, err := stan.StartServer(stan.ServerOptions{Dir: dir})
		if err == nil {
			s.Close()
		}
		return err
	}
	filled := func(t *testing.T) string {
		dir := t.TempDir()
		s, err := stan.StartServer(stan.ServerOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		c := client(t, s, "fill")
		appendAll(t, c, "ch", "1", "2", "3")
		c.Close()
		s.Close()
		return dir
	}
	data := func(dir string) string { return filepath.Join(dir, "events", "ch", "msgs.1.dat") }
	t.Run("one that is in use is refused", func(t *testing.T) {
		dir := t.TempDir()
		s, err := stan.StartServer(stan.ServerOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := start(dir); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("a file in its place is refused", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := start(file); err == nil || !strings.Contains(err.Error(), "folder") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("half a record at the end is cut off and the rest kept", func(t *testing.T) {
		dir := filled(t)
		f, err := os.OpenFile(data(dir), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte{200, 0, 0, 0, 1, 2, 3, 4, 5})
		f.Close()
		s, err := stan.StartServer(stan.ServerOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c := client(t, s, "read")
		if r, err := c.Fetch(t.Context(), "ch", 3); err != nil || r.Event.ID() != "3" {
			t.Errorf("the last whole record is %v, %v", r, err)
		}
	})
	t.Run("damage in the middle is an error in one line", func(t *testing.T) {
		dir := filled(t)
		raw, err := os.ReadFile(data(dir))
		if err != nil {
			t.Fatal(err)
		}
		raw[40] ^= 0xff
		if err := os.WriteFile(data(dir), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(strings.TrimSuffix(data(dir), "dat") + "idx"); err != nil {
			t.Fatal(err)
		}
		if err := start(dir); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), dir) {
			t.Errorf("error is %v", err)
		}
	})
}
