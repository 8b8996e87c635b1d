package simulation

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"usher.example/functions/simulation/memory"
	"usher.example/functions/tickets"
	"usher.example/shared/function"
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
	w, err := newWorld(&Plan{Profile: Profile{TTL: ample}})
	if err != nil {
		t.Fatal(err)
	}
	env := w.env(&fn{name: "tickets"}, store.New(twice{w.store}, "").WithSpawn(inTurn))
	env.Broker, env.NewID = nowhere{}, func() string { return someID }
	answer := func(build function.HTTP, method, ifMatch, body string) *function.Response {
		t.Helper()
		h, err := build(env)
		if err != nil {
			t.Fatal(err)
		}
		q := request{method: method, id: someID, user: otherID, body: []byte(body), header: map[string]string{"If-Match": ifMatch}}
		resp, err := h(t.Context(), q.http())
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	answer(tickets.Create, http.MethodPost, "", string(terms(100)))
	answer(tickets.Attach, http.MethodPut, `"1"`, `{"code":"A"}`)
	answer(tickets.Attachment, http.MethodGet, "", "")
	answer(tickets.Detach, http.MethodDelete, `"2"`, "")
	answer(tickets.Withdraw, http.MethodDelete, `"3"`, "")
}
