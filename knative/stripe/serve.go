package stripe

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/form"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
	"usher.example/knative/stripe/webhook"
)

// operation is one call of the API.
type operation struct {
	name    string // by which faults know it
	pattern string // of http.ServeMux
	public  bool   // a publishable key may call it
	run     func(*call) (any, error)
}

// call is one request being carried out inside a transaction. A refusal that is not
// settled, and any other error, undoes what the call has written.
type call struct {
	*Double
	tx       *store.Tx
	env      payment.Env
	in       *form.Reader
	id       string // of the object in the path
	public   bool   // made with the publishable key
	expand   []string
	caused   webhook.Request
	webhooks int // told so far
}

// answer is what a call came to.
type answer struct {
	status   int
	body     []byte
	replayed bool
	webhooks int
}

// serve carries an operation out: who asks, what they ask, have they asked before,
// do it, tell.
func (d *Double) serve(op operation) http.Handler {
	write := isPost(op.pattern)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestID := d.ids.New("req_")
		allowBrowsers(w, op)
		if err := d.greet(w, r, requestID); err != nil {
			d.refuse(w, r, err)
			return
		}
		params, err := parameters(w, r, write)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		public, err := d.authenticate(r, op, params)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		fault, hit := d.faults.take(op.name)
		if hit && fault.Effect == effectBefore {
			d.inflict(w, r, fault)
			return
		}
		key := ""
		if write {
			key = r.Header.Get(idempotencyHeader)
		}
		ask := asked{op: op, path: r.URL.Path, id: r.PathValue("id"), params: params, public: public, key: key, request: requestID}
		if hit && fault.Effect == "" {
			ask.wait = func() { d.pause(r, fault.delay()) }
		}
		a, refusal := d.once(ask)
		if refusal != nil {
			d.refuse(w, r, refusal)
			return
		}
		if a.webhooks > 0 && d.sender != nil {
			d.sender.Wake()
		}
		if hit && fault.Effect == effectAfter {
			d.inflict(w, r, fault)
			return
		}
		if a.replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	})
}

func isPost(pattern string) bool { return len(pattern) > 4 && pattern[:4] == http.MethodPost }

// Headers of the API.
const (
	idempotencyHeader = "Idempotency-Key"
	versionHeader     = "Stripe-Version"
)

// maxKey is how long an idempotency key may be.
const maxKey = 255

var versionPattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(\.[a-z]+)?(;.*)?$`)

// greet sets the headers every answer has.
func (d *Double) greet(w http.ResponseWriter, r *http.Request, requestID string) *apierror.Error {
	h := w.Header()
	h.Set("Request-Id", requestID)
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Server", "usher-stripe-test-double")
	version := r.Header.Get(versionHeader)
	if version == "" {
		version = webhook.APIVersion
	}
	if !versionPattern.MatchString(version) {
		return apierror.Invalid("", "", "Invalid Stripe API version: %s. Versions are written as %s.", version, webhook.APIVersion)
	}
	h.Set(versionHeader, version)
	if key := r.Header.Get(idempotencyHeader); len(key) > maxKey {
		return apierror.Invalid("", "", "Idempotency keys must be at most %d characters long.", maxKey)
	} else if key != "" {
		h.Set(idempotencyHeader, key)
	}
	return nil
}

// allowBrowsers lets a page of the application call what Stripe.js calls.
func allowBrowsers(w http.ResponseWriter, op operation) {
	if op.public {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "Request-Id, Idempotent-Replayed")
	}
}

// parameters reads the query of a GET, and the body of a POST.
func parameters(w http.ResponseWriter, r *http.Request, write bool) (*form.Value, *apierror.Error) {
	encoded := r.URL.RawQuery
	if write {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && (err != nil || kind != "application/x-www-form-urlencoded") {
			return nil, apierror.Invalid("", "", "Invalid request (check that your POST content type is application/x-www-form-urlencoded).")
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, form.MaxBytes))
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			e := apierror.Invalid("", "", "The request's body is larger than %d bytes.", form.MaxBytes)
			e.Status = http.StatusRequestEntityTooLarge
			return nil, e
		}
		if err != nil {
			return nil, apierror.Invalid("", "", "The request's body could not be read: %s", err)
		}
		encoded = string(body)
	}
	params, err := form.Parse(encoded)
	if err != nil {
		return nil, apierror.Invalid("", "", "Invalid request: %s. Parameters are form-encoded: a=1&b[c]=2", err)
	}
	return params, nil
}

// unrecognized answers what is no call of the API.
func (d *Double) unrecognized(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Stripe-Version")
		h.Set("Access-Control-Max-Age", "300")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err := d.greet(w, r, d.ids.New("req_")); err != nil {
		d.refuse(w, r, err)
		return
	}
	e := apierror.Invalid("", "", "Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we can help at https://support.stripe.com/. (This is a test double, which knows a part of Stripe's API.)", r.Method, r.URL.Path)
	e.Status = http.StatusNotFound
	d.refuse(w, r, e)
}

// refuse answers with an error object. What is not one is our own fault.
func (d *Double) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *apierror.Error
	if !errors.As(err, &refusal) {
		d.log.Error("a call failed", "method", r.Method, "path", r.URL.Path, "error", err)
		refusal = &apierror.Error{Status: http.StatusInternalServerError, Type: apierror.TypeAPI, Message: "The test double could not carry out the request; its log says why."}
	}
	body, err := json.MarshalIndent(map[string]any{"error": refusal}, "", "  ")
	if err != nil {
		d.log.Error("cannot encode a refusal", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(refusal.Status)
	_, _ = w.Write(append(body, '\n'))
}
