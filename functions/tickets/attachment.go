package tickets

import (
	"context"
	"fmt"
	"net/http"

	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

// Attachments is the table of what sellers attached: by ticket, and by serial. Only the one that the ticket points at
// counts; an older one is about to be removed, or its request died and the next one removes it.
var Attachments = store.Schema{Name: "attachments", Sorted: true}

const (
	// serialTries bounds the search for a free serial: each one that is taken is of a request that is under way or died.
	serialTries = 8
	// sweep bounds how many attachments that do not count any more one request removes.
	sweep = 8
)

// attachment is the item of what is attached. Nothing in it but its key can be read without TICKET_KEY.
type attachment struct {
	Upload string `dynamodbav:"upload"` // whose write it is
	Key    string `dynamodbav:"key"`    // id of the key that sealed it
	Sealed []byte `dynamodbav:"sealed"` // the Content, packed
}

func attachmentKey(ticketID string, serial int64) store.Key {
	return store.Key{PK: ticketID, SK: fmt.Sprintf("%012d", serial)}
}

// binding is what an attachment is sealed with: moved to another ticket, it does not open.
func binding(ticketID string, serial int64) string { return fmt.Sprintf("%s %d", ticketID, serial) }

// deliverer keeps what sellers attach.
type deliverer struct {
	env     *function.Env
	keys    *Keys
	tickets *store.Table
	table   *store.Table
}

func newDeliverer(env *function.Env) (deliverer, error) {
	keys, err := keysFrom(env)
	return deliverer{env, keys, env.Store.Table(Schema.Name), env.Store.Table(Attachments.Name)}, err
}

// Attach keeps the ticket itself for its buyer: PUT /api/tickets/{id}/attachment → 200. It is a code, as JSON, or a PDF,
// PNG or JPEG file as it is.
//
// The attachment is written first and the ticket pointed at it then: that one write, on the ticket, decides between two
// sellers' tabs and a buyer. A process that dies in between leaves an item that nothing points at.
func Attach(env *function.Env) (function.Handler, error) {
	d, err := newDeliverer(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		seller, found, err := d.ask(ctx, r)
		if err != nil {
			return nil, err
		}
		if _, err := found.Attach(seller, found.Delivery.Serial+1, env.Now()); err != nil {
			return nil, err
		}
		content, err := readContent(r)
		if err != nil {
			return nil, err
		}
		serial, upload, err := d.keep(ctx, found, content)
		if err != nil {
			return nil, err
		}
		t, err := change(ctx, env, r, found.ID, func(t Ticket) (Ticket, error) {
			if t.Delivery.Serial == serial { // our own write, whose answer was lost
				return t, nil
			}
			return t.Attach(seller, serial, env.Now())
		})
		if err != nil {
			if problem.From(err).Code != problem.Unavailable { // else it may count after all
				d.takeBack(ctx, attachmentKey(found.ID, serial), upload)
			}
			return nil, err
		}
		d.sweep(ctx, t)
		return &function.Response{Status: http.StatusOK, Body: content.view(), ETag: function.VersionTag(t.Version), Private: true}, nil
	}, nil
}

// Detach removes what is attached: DELETE /api/tickets/{id}/attachment → 204, also where nothing is.
func Detach(env *function.Env) (function.Handler, error) {
	d := deliverer{env, nil, env.Store.Table(Schema.Name), env.Store.Table(Attachments.Name)}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		seller, found, err := d.ask(ctx, r)
		if err != nil {
			return nil, err
		}
		t, err := change(ctx, env, r, found.ID, func(t Ticket) (Ticket, error) { return t.Detach(seller, env.Now()) })
		if err != nil {
			return nil, err
		}
		d.sweep(ctx, t)
		return &function.Response{Status: http.StatusNoContent}, nil
	}, nil
}

// Attachment shows what is attached to its seller and to its buyer: GET /api/tickets/{id}/attachment → 200, and in the
// form that /attachment/{form} names: file, qr.svg, qr.png.
func Attachment(env *function.Env) (function.Handler, error) {
	d, err := newDeliverer(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		reader, found, err := d.ask(ctx, r)
		if err != nil {
			return nil, err
		}
		content, err := d.read(ctx, reader, found)
		if err != nil {
			return nil, err
		}
		body, err := content.as(r.PathValue("form"))
		if err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Body: body, Private: true}, nil
	}, nil
}

func (c Content) as(form string) (any, error) {
	switch form {
	case "":
		return c.view(), nil
	case "file":
		return c.download()
	}
	code, err := c.code()
	if err != nil {
		return nil, err
	}
	return qrCode(code, form)
}

// ask says who asks for which ticket.
func (d deliverer) ask(ctx context.Context, r *function.Request) (user string, t Ticket, err error) {
	u, err := r.User()
	if err != nil {
		return "", Ticket{}, err
	}
	id, err := r.ID("id", "ticket")
	if err != nil {
		return "", Ticket{}, err
	}
	found, err := store.Get[item](ctx, d.tickets, key(id))
	if err != nil {
		return "", Ticket{}, err
	}
	if found == nil {
		return "", Ticket{}, noTicket()
	}
	return u.ID, found.ticket(), nil
}

// keep writes the attachment under the next serial that is free; upload is the mark of this write.
func (d deliverer) keep(ctx context.Context, t Ticket, c Content) (serial int64, upload string, err error) {
	fresh := attachment{Upload: random()}
	for serial = t.Delivery.Serial + 1; serial <= t.Delivery.Serial+serialTries; serial++ {
		fresh.Sealed, fresh.Key = d.keys.seal(c.pack(), binding(t.ID, serial))
		written, _, err := store.Insert(ctx, d.table, attachmentKey(t.ID, serial), func(cur *attachment) (*attachment, error) {
			if cur != nil {
				return nil, nil
			}
			return &fresh, nil
		})
		if err != nil {
			return 0, "", err
		}
		if written.Upload == fresh.Upload {
			return serial, fresh.Upload, nil
		}
	}
	return 0, "", problem.New(problem.Conflict, "The attachment is being changed by other requests. Please try again.")
}

// read opens what is attached for who may read it: Forbidden to all others, NotFound where nothing is.
func (d deliverer) read(ctx context.Context, reader string, t Ticket) (Content, error) {
	if err := t.MayRead(reader); err != nil {
		return Content{}, err
	}
	if !t.Delivery.Present {
		return Content{}, problem.New(problem.NotFound, "Nothing is attached to this ticket.")
	}
	found, err := store.Get[attachment](ctx, d.table, attachmentKey(t.ID, t.Delivery.Serial))
	if err != nil {
		return Content{}, err
	}
	if found == nil { // replaced since the ticket was read
		return Content{}, problem.New(problem.Conflict, "The attachment is being changed at this moment. Please try again.")
	}
	packed, err := d.keys.open(found.Sealed, found.Key, binding(t.ID, t.Delivery.Serial))
	if err != nil {
		return Content{}, fmt.Errorf("read the attachment of ticket %s: %w", t.ID, err)
	}
	return unpack(packed), nil
}

// sweep removes what does not count any more. If that fails, the next change of the attachment does it.
func (d deliverer) sweep(ctx context.Context, t Ticket) {
	until := t.Delivery.Serial
	if t.Delivery.Present {
		until--
	}
	old, err := store.Find[struct {
		PK string `dynamodbav:"pk"`
		SK string `dynamodbav:"sk"`
	}](ctx, d.table, store.Query{Value: t.ID, Until: attachmentKey(t.ID, until).SK, Limit: sweep, Consistent: true})
	if err != nil {
		d.env.Log.Warn("attachments that do not count were not removed", "ticket", t.ID, "error", err)
	}
	for _, o := range old {
		k := store.Key{PK: o.PK, SK: o.SK}
		d.removed(k, d.table.Delete(ctx, k))
	}
}

// takeBack removes what an upload wrote. Its serial may be another's by the time that a deletion is tried again.
func (d deliverer) takeBack(ctx context.Context, k store.Key, upload string) {
	d.removed(k, d.table.DeleteIf(ctx, k, "upload", upload))
}

func (d deliverer) removed(k store.Key, err error) {
	if err != nil {
		d.env.Log.Warn("an attachment that does not count was not removed", "ticket", k.PK, "error", err)
	}
}
