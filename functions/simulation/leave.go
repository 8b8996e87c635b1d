package simulation

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"golang.org/x/crypto/argon2"

	"usher.example/events"
	"usher.example/functions/simulation/memory"
	"usher.example/functions/users"
	"usher.example/shared/store"
)

// everybodysPassword and its hash, made with the least work there is: the simulation asks nothing of its strength.
const everybodysPassword = "correct horse"

var everybodysHash = func() string {
	salt, b64 := make([]byte, 16), base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, b64.EncodeToString(salt),
		b64.EncodeToString(argon2.IDKey([]byte(everybodysPassword), salt, 1, 8, 1, 32)))
}()

func address(id string) string { return id + "@usher.example" }

// introduce gives a person an account, and tells of it as users does.
func (w *World) introduce(p *person) {
	if w.choose != nil {
		return // neither mail nor deletion is enumerated
	}
	u := events.User{ID: p.id, Version: 1, Status: events.UserIsActive, Email: address(p.id), CreatedAt: w.now, UpdatedAt: w.now}
	tables := store.New(w.store, "")
	err := put(tables.Table(users.Schema.Name), "user#"+u.Email, struct {
		ID    string `dynamodbav:"id"`
		Email string `dynamodbav:"email"`
	}{u.ID, u.Email})
	if err == nil {
		err = put(tables.Table(users.Accounts.Name), u.ID, struct {
			Snapshot events.User `dynamodbav:"snapshot"`
			Hash     string      `dynamodbav:"hash"`
		}{u, everybodysHash})
	}
	e, eventErr := events.New(u)
	if err != nil || eventErr != nil {
		w.fail("P6", "no account: %v, %v", err, eventErr)
		return
	}
	w.broker.store(e, mix(p.t.id, 83))
}

func put[T any](table *store.Table, key string, value T) error {
	_, _, err := store.Insert(context.Background(), table, store.Key{PK: key}, func(*T) (*T, error) { return &value, nil })
	return err
}

// leave has the person's account deleted. Another tab may put a ticket up for sale at the same moment.
func (p *person) leave(s Step) {
	q := request{route: "users-delete", method: http.MethodDelete, body: fmt.Appendf(nil, `{"password":%q}`, everybodysPassword)}
	var a answer
	if s.Tabs > 1 {
		both := p.sendAll([]request{q, {route: "tickets-create", method: http.MethodPost, body: terms(s.Price)}})
		a = both[0]
		var t events.Ticket
		if both[1].status == http.StatusCreated && json.Unmarshal(both[1].body, &t) == nil {
			p.w.oracle.listed(t)
		}
	}
	if a.unknown() {
		a = p.again(q, s.Tries, never)
	}
	switch a.status {
	case http.StatusNoContent:
		p.w.oracle.left[p.id] = true
		p.gone = true
	case http.StatusUnauthorized, 0: // it was done, or may have been
		p.gone = true
	}
}

// restingPeople: who was told that their account is deleted has none; of a deleted account nothing personal is kept anywhere,
// and nothing is for sale; no account is left between.
func (o *oracle) restingPeople() {
	if o.w.choose != nil {
		return
	}
	for _, p := range o.w.people {
		item := o.w.store.Item(memory.Key{Table: "accounts", PK: p.id})
		status := events.UserStatus(str(item, "snapshot", "status"))
		login := o.w.store.Item(memory.Key{Table: "users", PK: "user#" + address(p.id)})
		switch {
		case status == events.UserIsClosing:
			o.w.fail("P9", "the account of %s is still closing", short(p.id))
		case o.left[p.id] && status != events.UserIsDeleted:
			o.w.fail("P6", "the account of %s was deleted and is %s", short(p.id), status)
		case status == events.UserIsActive && (login == nil || item["hash"] == nil):
			o.w.fail("P6", "the account of %s is active, and nobody can sign in to it", short(p.id))
		case status == events.UserIsDeleted:
			o.restingGhost(p.id, item, login)
		}
	}
}

func (o *oracle) restingGhost(id string, account, login memory.Item) {
	known := o.w.store.Item(memory.Key{Table: "notifications", PK: "user#" + id})
	if login != nil || account["hash"] != nil || account["address"] != nil || str(account, "snapshot", "email") != "" || str(known, "email") != "" {
		o.w.fail("P6", "of the deleted account %s something personal is left", short(id))
	}
	o.w.store.Items("tickets", func(k memory.Key, item memory.Item) {
		if status := events.TicketStatus(str(item, "snapshot", "status")); str(item, "seller") == id && (status == events.TicketAvailable || status == events.TicketHeld) {
			o.w.fail("P9", "ticket %s is %s; its seller %s has no account any more", short(k.PK), status, short(id))
		}
	})
	o.w.store.Items("orders", func(k memory.Key, item memory.Item) {
		if status := events.OrderStatus(str(item, "snapshot", "status")); k.PK == id && status.Unpaid() {
			o.w.fail("P9", "order %s is %s; its buyer %s has no account any more", short(k.SK), status, short(id))
		}
	})
}
