package stripe

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
)

//go:embed page
var pageFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"money": payment.Format,
	"time":  func(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05") },
}).ParseFS(pageFiles, "page/*.html"))

// pathBank is where the bank's page of an intent is, before its id.
const pathBank = "/_double/bank/"

// shownPayments is how many payments the first page lists.
const shownPayments = 100

// maxAnswer is how large the form of the bank's page may be.
const maxAnswer = 8 << 10

// pages are what people see.
func (d *Double) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", d.showPayments)
	mux.HandleFunc("GET /_double/style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "page/style.css")
	})
	mux.HandleFunc("GET "+pathBank+"{id}", d.showBank)
	mux.HandleFunc("POST "+pathBank+"{id}", d.postBank)
}

// render writes a page that runs no script and cannot be framed. Its forms may lead
// elsewhere: the bank's page sends the buyer back to the shop.
func (d *Double) render(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name, data); err != nil {
		d.log.Error("cannot render a page", "page", name, "error", err)
		http.Error(w, "The test double could not render this page; its log says why.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self' http: https:; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}

type paymentRow struct {
	payment.Intent
	Order string
	Bank  string // its page, while it waits for the buyer
	Error string
}

func (d *Double) showPayments(w http.ResponseWriter, r *http.Request) {
	var rows []paymentRow
	err := d.store.View(func(tx *store.Tx) error {
		return store.Newest(tx, store.Intents, "", func(_ string, in payment.Intent) (bool, error) {
			row := paymentRow{Intent: in, Order: in.Metadata[orderKey]}
			if in.LastPaymentError != nil {
				row.Error = in.LastPaymentError.Message
			}
			if in.Status == payment.RequiresAction {
				row.Bank = pathBank + in.ID + "?" + url.Values{"payment_intent_client_secret": {in.ClientSecret}}.Encode()
			}
			rows = append(rows, row)
			return len(rows) < shownPayments, nil
		})
	})
	if err != nil {
		d.log.Error("cannot list the payments", "error", err)
		d.render(w, http.StatusInternalServerError, "message.html", "The payments could not be read; the log says why.")
		return
	}
	d.render(w, http.StatusOK, "payments.html", rows)
}

// challenged loads an intent for the bank's page; its secret is the key to it.
func (d *Double) challenged(id, secret string) (payment.Intent, error) {
	var in payment.Intent
	err := d.store.View(func(tx *store.Tx) error {
		found, err := tx.Get(store.Intents, id, &in)
		if err == nil && (!found || !same(secret, in.ClientSecret)) {
			return apierror.NoSuch("payment_intent", apierror.ParamIntent, id)
		}
		return err
	})
	return in, err
}

func (d *Double) showBank(w http.ResponseWriter, r *http.Request) {
	in, err := d.challenged(r.PathValue("id"), r.URL.Query().Get("payment_intent_client_secret"))
	if err != nil {
		d.refusePage(w, err)
		return
	}
	if in.Status != payment.RequiresAction {
		d.render(w, http.StatusConflict, "message.html", "This payment does not wait for an answer any more.")
		return
	}
	d.render(w, http.StatusOK, "bank.html", in)
}

func (d *Double) postBank(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxAnswer)
	if err := r.ParseForm(); err != nil {
		d.render(w, http.StatusBadRequest, "message.html", "The form could not be read.")
		return
	}
	outcome, secret := r.PostForm.Get("outcome"), r.PostForm.Get("payment_intent_client_secret")
	if outcome != outcomeApprove && outcome != outcomeRefuse {
		d.render(w, http.StatusBadRequest, "message.html", "Choose whether to approve or to refuse the payment.")
		return
	}
	id := r.PathValue("id")
	before, err := d.challenged(id, secret)
	if err != nil {
		d.refusePage(w, err)
		return
	}
	_, err = d.change(id, func(c *call) (any, error) {
		return c.answerBank(outcome == outcomeApprove)
	})
	status := "succeeded"
	var refusal *apierror.Error
	switch {
	case errors.As(err, &refusal) && refusal.Type == apierror.TypeCard:
		status = "failed" // approved, and declined all the same
	case err != nil:
		d.refusePage(w, err)
		return
	case outcome == outcomeRefuse:
		status = "failed"
	}
	if before.NextAction == nil || before.NextAction.RedirectToURL.ReturnURL == "" {
		d.render(w, http.StatusOK, "message.html", "Done: the payment "+map[string]string{"succeeded": "was approved", "failed": "did not go through"}[status]+". You can close this page.")
		return
	}
	http.Redirect(w, r, returnTo(string(before.NextAction.RedirectToURL.ReturnURL), &before, status), http.StatusSeeOther)
}

// returnTo adds what Stripe tells the page the buyer comes back to.
func returnTo(address string, in *payment.Intent, status string) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	address, fragment, hasFragment := strings.Cut(address, "#")
	address += separator + url.Values{
		"payment_intent": {in.ID}, "payment_intent_client_secret": {in.ClientSecret}, "redirect_status": {status},
	}.Encode()
	if hasFragment {
		address += "#" + fragment
	}
	return address
}

func (d *Double) refusePage(w http.ResponseWriter, err error) {
	var refusal *apierror.Error
	if errors.As(err, &refusal) {
		d.render(w, refusal.Status, "message.html", refusal.Message)
		return
	}
	d.log.Error("a page failed", "error", err)
	d.render(w, http.StatusInternalServerError, "message.html", "The test double could not do this; its log says why.")
}
