package simulation

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"usher.example/functions/simulation/memory"
	"usher.example/functions/tickets"
	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// twice is a store whose client does not get the first answer to a put, and puts again: the condition holds no more.
type twice struct{ *memory.Store }

// PutItem implements store.API.
func (s twice) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if out, err := s.Store.PutItem(ctx, in, opts...); err != nil {
		return out, err
	}
	return s.Store.PutItem(ctx, in, opts...)
}

// A change that If-Match allows is done, though its own write, whose answer was lost, is what the second try meets: what it
// answers is that it was done, and what was attached is there (P6).
func TestOwnWriteIsNotAnotherVersion(t *testing.T) {
	env := ticketsOn(t, func(s *memory.Store) store.API { return twice{s} })
	for _, step := range []struct {
		build         function.HTTP
		method, match string
		body          string
	}{
		{tickets.Create, http.MethodPost, "", string(terms(100))},
		{tickets.Attach, http.MethodPut, `"1"`, `{"code":"A"}`},
		{tickets.Attachment, http.MethodGet, "", ""},
		{tickets.Detach, http.MethodDelete, `"2"`, ""},
		{tickets.Withdraw, http.MethodDelete, `"3"`, ""},
	} {
		if err := bySeller(t, env, step.build, step.method, step.match, step.body); err != nil {
			t.Fatal(err)
		}
	}
}

// ticketsOn is where functions of tickets run: in a world with another store's client, and a Broker that takes everything.
func ticketsOn(t *testing.T, client func(*memory.Store) store.API) *function.Env {
	t.Helper()
	w, err := newWorld(&Plan{Profile: Profile{TTL: ample}})
	if err != nil {
		t.Fatal(err)
	}
	env := w.env(&fn{name: "tickets"}, store.New(client(w.store), "").WithSpawn(inTurn))
	env.Broker, env.NewID = nowhere{}, func() string { return someID }
	return env
}

// bySeller lets the ticket's seller ask a function.
func bySeller(t *testing.T, env *function.Env, build function.HTTP, method, match, body string) error {
	t.Helper()
	h, err := build(env)
	if err != nil {
		t.Fatal(err)
	}
	q := request{method: method, id: someID, user: otherID, body: []byte(body), header: map[string]string{"If-Match": match}}
	_, err = h(t.Context(), q.http())
	return err
}

// late is a store whose client does not get the first answer to a deletion, and deletes again after something happened.
type late struct {
	*memory.Store
	meanwhile func()
}

// DeleteItem implements store.API.
func (s *late) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	if out, err := s.Store.DeleteItem(ctx, in, opts...); err != nil || s.meanwhile == nil {
		return out, err
	}
	meanwhile := s.meanwhile
	s.meanwhile = nil
	meanwhile()
	return s.Store.DeleteItem(ctx, in, opts...)
}

// Who is refused takes back what was written for that alone, however often, not what came in its place meanwhile (P6).
func TestRefusedAttachmentTakesNothingElseAway(t *testing.T) {
	tables := &late{}
	env := ticketsOn(t, func(s *memory.Store) store.API {
		tables.Store = s
		return tables
	})
	if err := bySeller(t, env, tickets.Create, http.MethodPost, "", string(terms(100))); err != nil {
		t.Fatal(err)
	}
	tables.meanwhile = func() {
		if err := bySeller(t, env, tickets.Attach, http.MethodPut, `"1"`, `{"code":"A"}`); err != nil {
			t.Fatal(err)
		}
	}
	if err := bySeller(t, env, tickets.Attach, http.MethodPut, `"7"`, `{"code":"B"}`); !problem.Is(err, problem.PreconditionFail) {
		t.Fatalf("an outdated change was answered %v", err)
	}
	if err := bySeller(t, env, tickets.Attachment, http.MethodGet, "", ""); err != nil {
		t.Errorf("what was attached: %v", err)
	}
}
