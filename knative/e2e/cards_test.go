package e2e

import (
	"net/http"
	"testing"
)

// Every kind of test card comes to its end: what the buyer is told, what becomes of the order, and what is charged (P3).
func TestCards(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller := s.person("seller")
	for _, c := range []struct {
		card    string
		code    string // the decline's; empty: it is taken
		bank    string // what the buyer's bank says to 3-D Secure; empty: it is not asked
		then    string // the order's status in the end
		payment string
	}{
		{card: "pm_card_visa", then: "complete", payment: "captured"},
		{card: "pm_card_mastercard", then: "complete", payment: "captured"},
		{card: "pm_card_amex", then: "complete", payment: "captured"},
		{card: "pm_card_threeDSecureOptional", then: "complete", payment: "captured"},
		{card: "pm_card_createDispute", then: "complete", payment: "captured"},
		{card: "pm_card_chargeDeclined", code: "generic_decline", then: "awaiting_payment", payment: "failed"},
		{card: "pm_card_chargeDeclinedInsufficientFunds", code: "insufficient_funds", then: "awaiting_payment", payment: "failed"},
		{card: "pm_card_chargeDeclinedLostCard", code: "lost_card", then: "awaiting_payment", payment: "failed"},
		{card: "pm_card_chargeDeclinedExpiredCard", code: "expired_card", then: "awaiting_payment", payment: "failed"},
		{card: "pm_card_chargeDeclinedIncorrectCvc", code: "incorrect_cvc", then: "awaiting_payment", payment: "failed"},
		{card: "pm_card_chargeDeclinedProcessingError", code: "processing_error", then: "awaiting_payment", payment: "failed"},
		{card: "pm_card_authenticationRequired", bank: "approve", then: "complete", payment: "captured"},
		{card: "pm_card_threeDSecure2Required", bank: "refuse", then: "awaiting_payment", payment: "failed"},
		{card: "pm_card_threeDSecureRequiredChargeDeclined", bank: "approve", then: "awaiting_payment", payment: "failed"},
		{card: "pm_card_captureDeclined", then: "cancelled", payment: "failed"},
		{card: "pm_card_captureExpired", then: "cancelled", payment: "failed"},
	} {
		t.Run(c.card, func(t *testing.T) {
			t.Parallel()
			s, seller := *s, *seller
			s.t, seller.t = t, t
			buyer := s.person("buyer")
			o := buyer.orders(seller.sells("Front row", "42.00").ID)
			buyer.becomes(o.ID, "awaiting_payment")
			a := buyer.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": c.card})
			if c.code != "" {
				if doc := buyer.refused(http.StatusPaymentRequired, a); doc.Errors[0].Code != c.code || doc.Errors[0].Field != "payment_method" {
					t.Errorf("told %+v", doc.Errors)
				}
			} else {
				var got payment
				buyer.must(http.StatusCreated, a, &got)
				if c.bank != "" {
					if got.Status != "requires_action" || got.ClientSecret == "" {
						t.Fatalf("got %+v", got)
					}
					s.double("POST", "/_double/payments/"+s.intent(o.ID)+"/authenticate", `{"outcome":"`+c.bank+`"}`)
				}
			}
			eventually(t, "the order is "+c.then+", its payment "+c.payment, func() bool {
				var got payment
				return readJSON(buyer.do("GET", "/api/payments/"+o.ID, nil), &got) == nil && got.Status == c.payment && buyer.order(o.ID).Status == c.then
			})
			if c.then == "awaiting_payment" { // another card can be tried
				buyer.pays(o.ID)
				buyer.becomes(o.ID, "complete")
			}
			eventually(t, "the charges are right", func() bool {
				books, err := s.charges()
				return err == nil && books[o.ID].right(buyer.order(o.ID)) == nil
			})
		})
	}
}

// intent is the payment provider's id of an order's payment.
func (s *system) intent(orderID string) string {
	s.t.Helper()
	books, err := s.charges()
	if err != nil || len(books[orderID].Payments) != 1 {
		s.t.Fatalf("payments of order %s: %v, %v", orderID, books[orderID].Payments, err)
	}
	return books[orderID].Payments[0]
}

// A currency counts in its own minor unit: none, a hundredth or a thousandth (P2).
func TestCurrencies(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	for _, price := range []money{{4200, "JPY"}, {4200, "EUR"}, {42_000, "KWD"}} {
		o := buyer.orders(seller.sells("Front row", price).ID)
		buyer.pays(o.ID)
		buyer.becomes(o.ID, "complete")
		eventually(t, "charged in "+price.Currency, func() bool {
			books, err := s.charges()
			return err == nil && books[o.ID].right(buyer.order(o.ID)) == nil && books[o.ID].Captured == price.Amount
		})
	}
}
