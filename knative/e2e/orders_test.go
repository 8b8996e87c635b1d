package e2e

import (
	"net/http"
	"slices"
	"testing"
)

// An order tells what happened to it, and what was paid for it; the history finds it by its status.
func TestOrderHistory(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	first, second := buyer.orders(seller.sells("First", "42.00").ID), buyer.orders(seller.sells("Second", "1.00").ID)
	buyer.becomes(first.ID, "awaiting_payment")
	buyer.refused(http.StatusConflict, buyer.do("GET", "/api/orders/"+first.ID+"/receipt", nil))
	buyer.pays(first.ID)
	buyer.becomes(first.ID, "complete")
	buyer.becomes(second.ID, "awaiting_payment")
	buyer.must(http.StatusNoContent, buyer.do("DELETE", "/api/orders/"+second.ID, nil), nil)

	story := func(id string) (what []string, reason string) {
		var got struct {
			Timeline []struct{ At, What, Reason string } `json:"timeline"`
		}
		buyer.must(http.StatusOK, buyer.do("GET", "/api/orders/"+id, nil), &got)
		for i, h := range got.Timeline {
			if what, reason = append(what, h.What), h.Reason; i > 0 && h.At < got.Timeline[0].At {
				t.Errorf("%s at %s, before it was created", h.What, h.At)
			}
		}
		return what, reason
	}
	if what, _ := story(first.ID); !slices.Equal(what, []string{"created", "held", "paid"}) {
		t.Errorf("the paid one: %v", what)
	}
	if what, reason := story(second.ID); !slices.Equal(what, []string{"created", "held", "cancelled"}) || reason != "cancelled_by_buyer" {
		t.Errorf("the cancelled one: %v %s", what, reason)
	}
	for query, want := range map[string][]string{
		"": {second.ID, first.ID}, "status=complete": {first.ID}, "status=cancelled&limit=1": {second.ID},
		"status=complete,cancelled": {second.ID, first.ID}, "status=created": nil, "limit=1": {second.ID},
	} {
		var page list[order]
		buyer.must(http.StatusOK, buyer.do("GET", "/api/orders?"+query, nil), &page)
		var got []string
		for _, o := range page.Items {
			got = append(got, o.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
	if doc := buyer.refused(http.StatusBadRequest, buyer.do("GET", "/api/orders?status=paid", nil)); doc.Errors[0].Field != "status" {
		t.Errorf("refused with %+v", doc.Errors)
	}
	var receipt struct {
		OrderID string                     `json:"order_id"`
		Buyer   struct{ ID, Email string } `json:"buyer"`
		Total   money                      `json:"total"`
	}
	a := buyer.do("GET", "/api/orders/"+first.ID+"/receipt", nil)
	buyer.must(http.StatusOK, a, &receipt)
	if receipt.OrderID != first.ID || receipt.Buyer.Email != buyer.email || receipt.Total != (money{4200, "USD"}) {
		t.Errorf("receipt %s", a.body)
	}
	buyer.must(http.StatusNotModified, buyer.do("GET", "/api/orders/"+first.ID+"/receipt", nil, "If-None-Match", a.header.Get("ETag")), nil)
}
