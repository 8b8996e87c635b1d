package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// operator makes a person one who runs the place: the system starts again with their account's id, and they sign in anew.
func (s *system) operator(p *person) {
	s.t.Helper()
	s.end()
	s.env = append(slices.DeleteFunc(s.env, func(e string) bool { return strings.HasPrefix(e, "OPERATORS=") }), "OPERATORS="+p.id)
	s.again()
	p.must(http.StatusOK, p.do("POST", "/api/users/signin", map[string]string{"email": p.email, "password": password}), nil)
}

// An operator gives the money back, once; buyer and seller both see it, and the ticket stays sold (P3).
func TestRefund(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller, buyer, operator := s.person("seller"), s.person("buyer"), s.person("operator")
	s.operator(operator)
	ticket := seller.sells("Front row", "42.00")
	o := buyer.orders(ticket.ID)
	path := "/api/payments/" + o.ID + "/refund"
	operator.refused(http.StatusNotFound, operator.do("POST", path, nil)) // nobody has begun to pay
	buyer.becomes(o.ID, "awaiting_payment")
	buyer.refused(http.StatusPaymentRequired, buyer.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_chargeDeclined"}))
	operator.refused(http.StatusConflict, operator.do("POST", path, nil)) // nothing was charged
	buyer.pays(o.ID)
	buyer.becomes(o.ID, "complete")
	for _, p := range []*person{buyer, seller} {
		p.refused(http.StatusForbidden, p.do("POST", path, nil))
	}
	stranger := s.stranger()
	stranger.refused(http.StatusUnauthorized, stranger.do("POST", path, nil))

	var got payment
	within(t, patience, "it is refunded", func() bool {
		a := operator.do("POST", path, nil) // 409 until it is captured
		return a.status == http.StatusOK && readJSON(a, &got) == nil
	})
	if got.Status != "refunded" {
		t.Errorf("the payment is %s", got.Status)
	}
	operator.must(http.StatusOK, operator.do("POST", path, nil), &got) // again changes nothing
	eventually(t, "buyer and seller see it", func() bool {
		var mine order
		var sold ticketOfSeller
		return readJSON(buyer.do("GET", "/api/orders/"+o.ID, nil), &mine) == nil && mine.Status == "complete" && mine.RefundedAt != nil &&
			readJSON(seller.do("GET", "/api/tickets/"+ticket.ID, nil), &sold) == nil && sold.Status == "sold" && sold.RefundedAt != nil
	})
	books, err := s.charges()
	if err != nil {
		t.Fatal(err)
	}
	if c := books[o.ID]; c.Captures != 1 || c.Captured != 4200 || c.Refunded != 4200 {
		t.Errorf("charges %+v", c)
	}
	buyer.refused(http.StatusConflict, buyer.do("DELETE", "/api/orders/"+o.ID, nil))
}

// ticketOfSeller is a ticket as its seller sees it.
type ticketOfSeller struct {
	ticket
	RefundedAt *time.Time `json:"refunded_at"`
}

// A payment that Stripe knows and we do not, because the process died in between and no webhook came, is found by the
// reconciliation of the next minute (P3, P6).
func TestReconciliation(t *testing.T) {
	t.Parallel()
	s := start(t, "ORDER_TTL=10m")
	seller, buyer := s.person("seller"), s.person("buyer")
	warm := buyer.orders(seller.sells("Warm up", "1.00").ID)
	buyer.pays(warm.ID)
	buyer.becomes(warm.ID, "complete")
	s.double("PUT", "/_double/webhooks", `{"lose":1000}`)
	s.double("POST", "/_double/faults", `{"operation":"payment_intents.confirm","kind":"hang","effect":"after","count":1}`)
	o := buyer.orders(seller.sells("Front row", "42.00").ID)
	asked := make(chan answer, 1)
	go func() {
		asked <- buyer.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"})
	}()
	eventually(t, "Stripe has authorised it", func() bool {
		books, err := s.charges()
		return err == nil && books[o.ID].Authorizations == 1
	})
	s.signal("payments-create", 9)
	<-asked
	if got := buyer.order(o.ID); got.Status != "awaiting_payment" {
		t.Errorf("the order is %s", got.Status)
	}
	began := time.Now()
	within(t, 70*time.Second, "the order is complete", func() bool { return buyer.order(o.ID).Status == "complete" })
	t.Logf("found after %s", time.Since(began).Round(time.Second))
	eventually(t, "and charged once", func() bool {
		books, err := s.charges()
		return err == nil && books[o.ID].right(buyer.order(o.ID)) == nil
	})
}

// double asks something of the payment provider's test double.
func (s *system) double(method, path, body string) {
	s.t.Helper()
	p, ok := s.process("stripe")
	if !ok {
		s.t.Fatal("no payment provider runs")
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+p.Address+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode != http.StatusPaymentRequired { // that is the bank's no
		s.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
}

// How a browser takes a card can be asked by anybody.
func TestPaymentConfig(t *testing.T) {
	s := running(t)
	var got struct {
		PublishableKey string `json:"publishable_key"`
		TestDouble     bool   `json:"test_double"`
		ChallengeURL   string `json:"challenge_url"`
	}
	p := s.stranger()
	p.must(http.StatusOK, p.do("GET", "/api/payments/config", nil), &got)
	if !strings.HasPrefix(got.PublishableKey, "pk_") || got.TestDouble != strings.Contains(got.ChallengeURL, "{secret}") {
		t.Errorf("got %+v", got)
	}
}
