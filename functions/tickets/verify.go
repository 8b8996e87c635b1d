package tickets

import (
	"context"
	"net/http"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/session"
	"usher.example/shared/store"
)

// passView is a pass as the API shows it.
type passView struct {
	Code     string     `json:"code"`
	TicketID string     `json:"ticket_id"`
	OrderID  string     `json:"order_id"`
	UsedAt   *time.Time `json:"used_at,omitempty"`
}

// ShowPass is what the buyer shows at the door: GET /api/tickets/{id}/pass → 200, and as a QR code at /pass/{form}: qr.svg,
// qr.png.
func ShowPass(env *function.Env) (function.Handler, error) {
	d, err := newDeliverer(env)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		buyer, found, err := d.ask(ctx, r)
		if err != nil {
			return nil, err
		}
		pass, err := found.Pass(buyer)
		if err != nil {
			return nil, err
		}
		code := d.keys.Code(pass)
		var body any = passView{code, pass.TicketID, pass.OrderID, found.usedAt()}
		if form := r.PathValue("form"); form != "" {
			if body, err = qrCode(code, form); err != nil {
				return nil, err
			}
		}
		return &function.Response{Status: http.StatusOK, Body: body, Private: true}, nil
	}, nil
}

// admissionView is what is said at the door.
type admissionView struct {
	TicketID   string           `json:"ticket_id"`
	OrderID    string           `json:"order_id"`
	Title      string           `json:"title"`
	Occasion   *events.Occasion `json:"event,omitempty"`
	Seat       *events.Seat     `json:"seat,omitempty"`
	AdmittedAt time.Time        `json:"admitted_at"`
}

// Verify accepts a pass, once: POST /api/tickets/verify {code} → 200. The seller of the ticket may ask, who stands at the
// door or has somebody there, and operators. 400 for a code that is not ours, 409 for one that was used or is void.
func Verify(env *function.Env) (function.Handler, error) {
	keys, err := keysFrom(env)
	if err != nil {
		return nil, err
	}
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		asker, err := r.User()
		if err != nil {
			return nil, err
		}
		var in struct {
			Code string `json:"code"`
		}
		if err := r.JSON(&in); err != nil {
			return nil, err
		}
		pass, err := keys.Read(in.Code)
		if err != nil {
			return nil, err
		}
		admission := env.NewID()
		written, _, err := store.Update(ctx, table, key(pass.TicketID), func(cur *item) (*item, error) {
			if cur == nil {
				return nil, noTicket()
			}
			next, err := cur.ticket().Admit(pass, asker.ID, asker.Role == session.Operator, admission, env.Now())
			if err != nil {
				return nil, err
			}
			admitted := newItem(next)
			admitted.Outbox = cur.Outbox // nobody is told of an admission; what is still to be told stays so
			return admitted, nil
		})
		if err != nil {
			return nil, err
		}
		t := written.ticket()
		return &function.Response{Status: http.StatusOK, Private: true, Body: admissionView{
			t.ID, pass.OrderID, t.Title, t.Occasion, t.Seat, t.Admission.At,
		}}, nil
	}, nil
}
