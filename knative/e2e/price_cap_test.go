package e2e

import "testing"

// Where the operator caps prices, a listing says what is printed on the ticket, and costs no more than the cap allows.
func TestPriceCap(t *testing.T) {
	s := start(t, "PRICE_CAP_PERCENT=120")
	seller := s.person("seller")
	list := func(body string) answer { return seller.do("POST", "/api/tickets", body) }
	var got ticket
	seller.must(201, list(`{"title":"A","price":"60.00","face_value":"50.00"}`), &got)
	for body, field := range map[string]string{`{"title":"A","price":"60.01","face_value":"50.00"}`: "price", `{"title":"A","price":"60.00"}`: "face_value"} {
		if doc := seller.refused(400, list(body)); doc.Errors[0].Field != field {
			t.Errorf("%s is refused for %q", body, doc.Errors[0].Field)
		}
	}
	if doc := seller.refused(400, seller.do("PUT", "/api/tickets/"+got.ID, `{"title":"A","price":"70.00","face_value":"50.00"}`)); doc.Errors[0].Field != "price" {
		t.Errorf("an edit is refused for %q", doc.Errors[0].Field)
	}
}
