package stripe

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/form"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
	"usher.example/knative/stripe/webhook"
)

// keepKeys is how long an idempotency key is remembered, as at Stripe.
const keepKeys = 24 * time.Hour

// kept is the first answer given under an idempotency key.
type kept struct {
	Path        string          `json:"path"`
	Fingerprint string          `json:"fingerprint"` // of the parameters
	Status      int             `json:"status"`
	Body        json.RawMessage `json:"body"`
	Created     time.Time       `json:"created"`
}

// asked is one request, ready to be carried out.
type asked struct {
	op      operation
	path    string
	id      string
	params  *form.Value
	public  bool
	key     string // idempotency key; may be empty
	request string // id
	wait    func() // before the work, while its key is taken; may be nil
}

// scope keeps the keys of browsers apart from the application's.
func (a *asked) scope() string {
	if a.public {
		return "public " + a.key
	}
	return "secret " + a.key
}

func (a *asked) fingerprint() string {
	sum := sha256.Sum256([]byte(a.op.pattern + " " + a.path + " " + a.params.Canonical()))
	return hex.EncodeToString(sum[:])
}

// once carries a request out, or replays what it came to the first time. The effect
// and the kept answer are written in one transaction: a crash leaves both or none.
func (d *Double) once(ask asked) (answer, error) {
	if ask.key != "" {
		if !d.flight.begin(ask.scope()) {
			return answer{}, &apierror.Error{
				Status: http.StatusConflict, Type: apierror.TypeIdempotency, Code: "idempotency_key_in_use",
				Message: "There is currently another in-progress request using this Idempotency Key (that probably means you submitted twice, and the other request is still going through): " + ask.key + ". Please try again later.",
			}
		}
		defer d.flight.end(ask.scope())
	}
	if ask.wait != nil {
		ask.wait()
	}
	var a answer
	work := func(tx *store.Tx) (err error) {
		a = answer{}
		if ask.key != "" {
			found, err := d.replay(tx, &ask, &a)
			if err != nil || found {
				return err
			}
		}
		a, err = d.carryOut(tx, &ask)
		return err
	}
	var err error
	if isPost(ask.op.pattern) {
		err = d.store.Update(work)
	} else {
		err = d.store.View(work)
	}
	return a, err
}

func (d *Double) replay(tx *store.Tx, ask *asked, a *answer) (bool, error) {
	var first kept
	found, err := tx.Get(store.Idempotency, ask.scope(), &first)
	if err != nil || !found || d.config.Now().Sub(first.Created) > keepKeys {
		return false, err
	}
	if first.Path != ask.path {
		return false, keyMisused("Keys for idempotent requests can only be used for the same endpoint they were first used for ('" + ask.path + "' vs '" + first.Path + "'). Try using a key other than '" + ask.key + "' if you meant to execute a different request.")
	}
	if first.Fingerprint != ask.fingerprint() {
		return false, keyMisused("Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '" + ask.key + "' if you meant to execute a different request.")
	}
	*a = answer{status: first.Status, body: first.Body, replayed: true}
	return true, nil
}

func keyMisused(message string) *apierror.Error {
	return &apierror.Error{Status: http.StatusBadRequest, Type: apierror.TypeIdempotency, Message: message}
}

// carryOut runs the operation and encodes what it came to.
func (d *Double) carryOut(tx *store.Tx, ask *asked) (answer, error) {
	c := &call{
		Double: d, tx: tx, in: form.Read(ask.params), id: ask.id, public: ask.public,
		env:    payment.Env{Now: d.config.Now(), IDs: d.ids},
		caused: webhook.Request{ID: &ask.request},
	}
	if ask.key != "" {
		c.caused.IdempotencyKey = &ask.key
	}
	c.in.Text("key", maxKey) // how browsers authenticate
	c.expand = c.in.Texts("expand")
	result, err := ask.op.run(c)
	a := answer{status: http.StatusOK}
	var refusal *apierror.Error
	switch {
	case errors.As(err, &refusal) && refusal.Settled:
		a.status = refusal.Status
		result = map[string]any{"error": refusal}
	case err != nil:
		return answer{}, err
	default:
		if result, err = c.present(result); err != nil {
			return answer{}, err
		}
	}
	if a.body, err = json.Marshal(result); err != nil {
		return answer{}, err
	}
	a.webhooks = c.webhooks
	if ask.key == "" {
		return a, nil
	}
	return a, tx.Put(store.Idempotency, ask.scope(), kept{
		Path: ask.path, Fingerprint: ask.fingerprint(), Status: a.status, Body: a.body, Created: c.env.Now,
	})
}

// flight knows the idempotency keys that are being worked on.
type flight struct {
	mu   sync.Mutex
	keys map[string]bool
}

func newFlight() *flight { return &flight{keys: map[string]bool{}} }

// begin returns false when somebody else works on the key.
func (f *flight) begin(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.keys[key] {
		return false
	}
	f.keys[key] = true
	return true
}

func (f *flight) end(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.keys, key)
}

// keepEvents is how long events can be read, as at Stripe.
const keepEvents = 30 * 24 * time.Hour

// forget throws away keys and events that are too old.
func (d *Double) forget() error {
	now := d.config.Now()
	return d.store.Update(func(tx *store.Tx) error {
		var keys, events []string
		err := store.Oldest(tx, store.Idempotency, func(id string, k kept) (bool, error) {
			if now.Sub(k.Created) > keepKeys {
				keys = append(keys, id)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		err = store.Oldest(tx, store.Events, func(id string, e webhook.Event) (bool, error) {
			old := now.Sub(time.Unix(e.Created, 0)) > keepEvents
			if old {
				events = append(events, id)
			}
			return old, nil
		})
		for _, id := range keys {
			err = errors.Join(err, tx.Delete(store.Idempotency, id))
		}
		for _, id := range events {
			err = errors.Join(err, tx.Delete(store.Events, id))
		}
		return err
	})
}
