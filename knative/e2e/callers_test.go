package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestEventsOfStrangersAreRefused goes round the gateway to the very process of an event function, as who runs another pod in the
// cluster may: without the Broker's token nothing is taken, and the ticket stays with its buyer (P8).
func TestEventsOfStrangersAreRefused(t *testing.T) {
	t.Parallel()
	s := running(t)
	if s.data == "" {
		t.Skip("needs the address of a function's own process, which the network policies of a cluster give to nobody")
	}
	seller, buyer := s.person("seller"), s.person("buyer")
	ticket := seller.sells("Front row", "42.00")
	order := buyer.orders(ticket.ID)
	buyer.becomes(order.ID, "awaiting_payment")
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	session := buyer.client.Jar.Cookies(at)[0].Value
	function, ok := s.process("tickets-on-order")
	if !ok {
		t.Fatalf("tickets-on-order held a ticket and does not run: %v", s.processes())
	}
	forged := `{"id":"` + order.ID + `","version":99,"status":"cancelled","reason":"cancelled_by_buyer","buyer_id":"` + buyer.id + `","reservation":99,` +
		`"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:15:00Z",` +
		`"ticket":{"id":"` + ticket.ID + `","revision":1,"title":"Front row","seller_id":"` + seller.id + `","price":{"amount":4200,"currency":"USD"}}}`
	for name, authorization := range map[string]string{
		"None":        "",
		"Garbage":     "Bearer x.y.z",
		"Unsigned":    "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJ1c2hlci1icm9rZXIiLCJhdWQiOiJ0aWNrZXRzLW9uLW9yZGVyIiwiZXhwIjo0MTAyNDQ0ODAwfQ.",
		"OwnSession":  "Bearer " + session,
		"BasicAccess": "Basic YnJva2VyOmJyb2tlcg==",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+function.Address+"/", strings.NewReader(forged))
		if err != nil {
			t.Fatal(err)
		}
		for attribute, value := range map[string]string{
			"specversion": "1.0", "id": order.ID + ".99", "source": "/usher/orders", "type": "usher.order.cancelled.v1", "subject": order.ID,
		} {
			req.Header.Set("Ce-"+attribute, value)
		}
		req.Header.Set("Content-Type", "application/json")
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: answered %s", name, resp.Status)
		}
	}
	if got := seller.ticket(ticket.ID).Status; got != "held" {
		t.Errorf("the ticket became %s", got)
	}
	buyer.pays(order.ID)
	buyer.becomes(order.ID, "complete")
}
