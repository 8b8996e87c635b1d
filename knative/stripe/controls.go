package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
	"usher.example/knative/stripe/webhook"
)

// maxControl is how large the body of a control may be.
const maxControl = 64 << 10

// controls are what only a test double has.
func (d *Double) controls(mux *http.ServeMux) {
	mux.HandleFunc("GET /_double/ledger", d.showLedger)
	mux.HandleFunc("GET /_double/faults", func(w http.ResponseWriter, _ *http.Request) {
		d.reply(w, http.StatusOK, map[string]any{"faults": d.faults.all()})
	})
	mux.HandleFunc("POST /_double/faults", d.addFault)
	mux.HandleFunc("DELETE /_double/faults", func(w http.ResponseWriter, _ *http.Request) {
		d.faults.clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_double/webhooks", d.showWebhooks)
	mux.HandleFunc("PUT /_double/webhooks", d.setWebhooks)
	mux.HandleFunc("POST /_double/events/{id}/send", d.sendAgain)
	mux.HandleFunc("POST /_double/payments/{id}/authenticate", d.authenticatePayment)
	mux.HandleFunc("POST /_double/payments/{id}/dispute", d.disputePayment)
	mux.HandleFunc("POST /_double/payments/{id}/lapse", d.lapsePayment)
	mux.HandleFunc("DELETE /_double/state", d.clear)
	mux.HandleFunc("/_double/", func(w http.ResponseWriter, r *http.Request) {
		e := apierror.Invalid("", "", "No control is called %s %s.", r.Method, r.URL.Path)
		e.Status = http.StatusNotFound
		d.refuse(w, r, e)
	})
}

// reply answers a control.
func (d *Double) reply(w http.ResponseWriter, status int, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		d.log.Error("cannot encode an answer", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// read decodes the body of a control; an empty one leaves v as it is.
func read(w http.ResponseWriter, r *http.Request, v any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && (err != nil || kind != "application/json") {
		return apierror.Invalid("", "", "Controls read JSON: send Content-Type: application/json.")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(v)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return apierror.Invalid("", "", "The body is not what this control reads: %s", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return apierror.Invalid("", "", "The body holds more than one JSON value.")
	}
	return nil
}

func (d *Double) addFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	err := read(w, r, &f)
	if err == nil {
		if wrong := f.check(); wrong != nil {
			err = apierror.Invalid("", "", "%s", wrong)
		} else if full := d.faults.add(f); full != nil {
			err = apierror.Invalid("", "", "%s", full)
		}
	}
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	d.reply(w, http.StatusCreated, f)
}

// webhooks is what GET /_double/webhooks shows.
type webhooks struct {
	URL string `json:"url"`
	webhook.Mode
	Pending []webhook.Delivery `json:"pending"`
}

func (d *Double) showWebhooks(w http.ResponseWriter, r *http.Request) {
	shown := webhooks{URL: d.config.WebhookURL, Pending: []webhook.Delivery{}}
	if d.sender != nil {
		shown.Mode = d.sender.Hold.Mode()
	}
	err := d.store.View(func(tx *store.Tx) error {
		return store.Oldest(tx, store.Deliveries, func(_ string, one webhook.Delivery) (bool, error) {
			shown.Pending = append(shown.Pending, one)
			return true, nil
		})
	})
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	d.reply(w, http.StatusOK, shown)
}

func (d *Double) setWebhooks(w http.ResponseWriter, r *http.Request) {
	var m webhook.Mode
	err := read(w, r, &m)
	if err == nil && (m.Lose < 0 || m.Repeat < 0) {
		err = apierror.Invalid("", "", "lose and repeat count webhooks and cannot be negative.")
	}
	if err == nil && d.sender == nil {
		err = noWebhooks()
	}
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	d.sender.Hold.Set(m)
	d.sender.Wake()
	d.reply(w, http.StatusOK, m)
}

func noWebhooks() *apierror.Error {
	return apierror.Invalid("", "", "No webhooks are sent: the double was started without a webhook address.")
}

// sendAgain sends a webhook that may have arrived long ago.
func (d *Double) sendAgain(w http.ResponseWriter, r *http.Request) {
	if d.sender == nil {
		d.refuse(w, r, noWebhooks())
		return
	}
	d.control(w, r, func(c *call) (any, error) {
		var event webhook.Event
		if err := c.load(store.Events, "event", apierror.ParamID, c.id, &event); err != nil {
			return nil, err
		}
		c.webhooks++
		one := webhook.Delivery{Event: event.ID, Since: c.env.Now, Next: c.env.Now}
		return one, c.tx.Put(store.Deliveries, event.ID, one)
	})
}

// control runs a change that nobody asked for through the API, and answers it.
func (d *Double) control(w http.ResponseWriter, r *http.Request, run func(*call) (any, error)) {
	result, err := d.change(r.PathValue("id"), run)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	d.reply(w, http.StatusOK, result)
}

// change runs a change in a transaction and wakes the sender. A settled refusal is
// kept, as in calls of the API.
func (d *Double) change(id string, run func(*call) (any, error)) (any, error) {
	var (
		result   any
		refusal  *apierror.Error
		webhooks int
	)
	err := d.store.Update(func(tx *store.Tx) error {
		c := &call{Double: d, tx: tx, id: id, env: payment.Env{Now: d.config.Now(), IDs: d.ids}}
		var err error
		refusal = nil
		result, err = run(c)
		webhooks = c.webhooks
		if errors.As(err, &refusal) && refusal.Settled {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if webhooks > 0 && d.sender != nil {
		d.sender.Wake()
	}
	if refusal != nil {
		return nil, refusal
	}
	return result, nil
}

// clear forgets everything, as if the data file were new.
func (d *Double) clear(w http.ResponseWriter, r *http.Request) {
	d.faults.clear()
	if d.sender != nil {
		d.sender.Hold.Set(webhook.Mode{})
	}
	if err := d.store.Update((*store.Tx).Clear); err != nil {
		d.refuse(w, r, fmt.Errorf("forget everything: %w", err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
