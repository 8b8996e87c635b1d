package e2e

import (
	"net/http"
	"strings"
	"testing"
)

func TestSession(t *testing.T) {
	s := running(t)
	p := s.person("person")
	current := func(path string) string {
		var got struct {
			CurrentUser *struct{ ID, Email string }
		}
		p.must(http.StatusOK, p.do("GET", path, nil), &got)
		if got.CurrentUser == nil {
			return ""
		}
		return got.CurrentUser.Email
	}
	if got := current("/api/users/currentuser"); got != p.email {
		t.Errorf("after signing up, current user is %q", got)
	}
	a := p.do("POST", "/api/users/signout", nil)
	p.must(http.StatusOK, a, nil)
	if got := current("/api/users/current"); got != "" {
		t.Errorf("after signing out, current user is %q", got)
	}
	a = p.do("POST", "/api/users/signin", map[string]string{"email": "  " + strings.ToUpper(p.email), "password": password})
	p.must(http.StatusOK, a, nil)
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"session=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
	if strings.Contains(cookie, "Secure") {
		t.Errorf("over plain HTTP the cookie is Secure: %s", cookie)
	}
	if got := current("/api/users/currentuser"); got != p.email {
		t.Errorf("after signing in, current user is %q", got)
	}
}

func TestSigninIsThrottled(t *testing.T) {
	s := running(t)
	p := s.person("person")
	for name, email := range map[string]string{"known": p.email, "nobody's": "nobody-" + p.email} {
		tries := 1
		a := p.do("POST", "/api/users/signin", map[string]string{"email": email, "password": "wrong password"})
		for ; a.status == http.StatusUnauthorized && tries < 40; tries++ {
			a = p.do("POST", "/api/users/signin", map[string]string{"email": email, "password": "wrong password"})
		}
		if p.refused(http.StatusTooManyRequests, a); a.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", name)
		}
		if tries != 11 {
			t.Errorf("%s: told to wait at try %d", name, tries)
		}
	}
}

func TestTicketLife(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	body := map[string]any{
		"title": "  Front row ", "price": "42.00", "face_value": "50",
		"event": map[string]any{"name": "Zauberflöte", "venue": "Oper", "city": "Köln", "starts_at": "2033-12-24T20:00:00+01:00", "time_zone": "Europe/Berlin"},
		"seat":  map[string]any{"section": "A", "row": "1", "number": "2"},
	}
	var raw map[string]any
	a := seller.do("POST", "/api/tickets", body)
	seller.must(http.StatusCreated, a, &raw)
	id := raw["id"].(string)
	if raw["title"] != "Front row" || raw["event"].(map[string]any)["starts_at"] != "2033-12-24T19:00:00Z" || raw["face_value"].(map[string]any)["amount"] != 5000.0 {
		t.Errorf("listed as %s", a.body)
	}
	if a.header.Get("Location") != "/api/tickets/"+id {
		t.Errorf("Location %q", a.header.Get("Location"))
	}

	shown := buyer.do("GET", "/api/tickets/"+id, nil)
	tag := shown.header.Get("ETag")
	buyer.must(http.StatusNotModified, buyer.do("GET", "/api/tickets/"+id, nil, "If-None-Match", tag), nil)
	seller.refused(http.StatusPreconditionFailed, seller.do("PUT", "/api/tickets/"+id, map[string]any{"title": "B", "price": 1}, "If-Match", `"99"`))
	var edited ticket
	seller.must(http.StatusOK, seller.do("PUT", "/api/tickets/"+id, map[string]any{"title": "B", "price": 1}, "If-Match", tag), &edited)
	if edited.Title != "B" || edited.Price.Amount != 100 || edited.Version != 2 || edited.Revision != 2 {
		t.Errorf("edited to %+v", edited)
	}
	buyer.must(http.StatusOK, buyer.do("GET", "/api/tickets/"+id, nil, "If-None-Match", tag), nil)

	var mine list[ticket]
	seller.must(http.StatusOK, seller.do("GET", "/api/tickets/mine", nil), &mine)
	if len(mine.Items) != 1 || mine.Items[0].ID != id {
		t.Errorf("mine: %+v", mine)
	}
	for range 2 { // the second time it is gone already
		seller.must(http.StatusNoContent, seller.do("DELETE", "/api/tickets/"+id, nil), nil)
	}
	if got := buyer.ticket(id); got.Status != "withdrawn" {
		t.Errorf("withdrawn, and %s", got.Status)
	}
	if buyer.listed(id) {
		t.Error("withdrawn, and listed")
	}
	eventually(t, "a withdrawn ticket cannot be ordered", func() bool {
		return buyer.do("POST", "/api/orders", map[string]string{"ticket_id": id}).status == http.StatusConflict
	})
}

// An edit that is made just before somebody orders is what they pay, or their order is undone (P2).
func TestEditedPrice(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	listed := seller.sells("Front row", "42.00")
	seller.must(http.StatusOK, seller.do("PUT", "/api/tickets/"+listed.ID, map[string]any{"title": "Front row", "price": "43.00"}), nil)
	var o order
	eventually(t, "an order that stands", func() bool {
		a := buyer.do("POST", "/api/orders", map[string]string{"ticket_id": listed.ID})
		if a.status == http.StatusConflict {
			return false
		}
		buyer.must(http.StatusCreated, a, &o)
		eventually(t, "held or refused", func() bool { o = buyer.order(o.ID); return o.Status != "created" })
		return o.Status == "awaiting_payment"
	})
	if o.Ticket.Price.Amount != 4300 {
		t.Errorf("the order shows %+v", o.Ticket.Price)
	}
	if paid := buyer.pays(o.ID); paid.Amount.Amount != 4300 {
		t.Errorf("paid %+v", paid.Amount)
	}
}

func TestPages(t *testing.T) {
	s := running(t)
	seller := s.person("seller")
	word := "Pages" + seller.id[:8]
	want := map[string]bool{}
	for range 7 {
		want[seller.sells(word+" row", "1").ID] = true
	}
	walk := func(path string) (ids []string) {
		cursor := ""
		for range 20 {
			var page list[ticket]
			seller.must(http.StatusOK, seller.do("GET", path+"limit=3&cursor="+cursor, nil), &page)
			for _, item := range page.Items {
				ids = append(ids, item.ID)
			}
			if cursor = page.NextCursor; cursor == "" {
				return ids
			}
		}
		t.Fatal("the pages have no end")
		return nil
	}
	for _, path := range []string{"/api/tickets/mine?", "/api/tickets?q=" + strings.ToLower(word) + "&"} {
		var got []string
		eventually(t, path+" has all", func() bool { got = walk(path); return len(got) == len(want) })
		for i, id := range got {
			if !want[id] || i > 0 && got[i-1] <= id {
				t.Errorf("%s: %v is not the newest first", path, got)
			}
		}
	}
}

// A retried request with the same Idempotency-Key gets the first one's order.
func TestIdempotencyKey(t *testing.T) {
	s := running(t)
	seller, buyer, other := s.person("seller"), s.person("buyer"), s.person("other")
	first, second := seller.sells("Front row", "42.00"), seller.sells("Back row", "12.00")
	body := map[string]string{"ticketId": first.ID}
	var a, b order
	buyer.must(http.StatusCreated, buyer.do("POST", "/api/orders", body, "Idempotency-Key", "k1"), &a)
	buyer.must(http.StatusCreated, buyer.do("POST", "/api/orders", body, "Idempotency-Key", "k1"), &b)
	if a.ID != b.ID {
		t.Errorf("orders %s and %s for one key", a.ID, b.ID)
	}
	buyer.refused(http.StatusConflict, buyer.do("POST", "/api/orders", body, "Idempotency-Key", "k2"))
	buyer.refused(http.StatusConflict, buyer.do("POST", "/api/orders", map[string]string{"ticket_id": second.ID}, "Idempotency-Key", "k1"))
	other.refused(http.StatusConflict, other.do("POST", "/api/orders", body, "Idempotency-Key", "k1"))
}

// What is somebody's is nobody else's (P8).
func TestOthersOrders(t *testing.T) {
	s := running(t)
	seller, buyer, other := s.person("seller"), s.person("buyer"), s.person("other")
	o := buyer.orders(seller.sells("Front row", "42.00").ID)
	buyer.pays(o.ID)
	for _, p := range []*person{seller, other} {
		p.refused(http.StatusNotFound, p.do("GET", "/api/orders/"+o.ID, nil))
		p.refused(http.StatusNotFound, p.do("DELETE", "/api/orders/"+o.ID, nil))
		p.refused(http.StatusNotFound, p.do("GET", "/api/payments/"+o.ID, nil))
		p.refused(http.StatusNotFound, p.do("POST", "/api/payments", map[string]string{"order_id": o.ID, "payment_method": "pm_card_visa"}))
		if got := p.history(); len(got) != 0 {
			t.Errorf("sees %+v", got)
		}
	}
	a := other.do("GET", "/api/tickets/"+o.Ticket.ID, nil)
	if strings.Contains(string(a.body), buyer.id) || strings.Contains(string(a.body), o.ID) {
		t.Errorf("the ticket says who has it: %s", a.body)
	}
}

func TestDocuments(t *testing.T) {
	s := running(t)
	p := s.stranger()
	var doc struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	p.must(http.StatusOK, p.do("GET", "/api/openapi.json", nil), &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || len(doc.Paths) < 10 {
		t.Errorf("OpenAPI %s with %d paths", doc.OpenAPI, len(doc.Paths))
	}
	for _, path := range []string{"/api/tickets/{id}", "/api/orders", "/api/payments/webhook", "/api/users/currentuser"} {
		if doc.Paths[path] == nil {
			t.Errorf("%s is not described", path)
		}
	}
	a := p.do("GET", "/api/docs", nil)
	p.must(http.StatusOK, a, nil)
	if !strings.Contains(a.header.Get("Content-Type"), "text/html") || strings.Contains(string(a.body), "//cdn") {
		t.Errorf("the reference is %s", a.header.Get("Content-Type"))
	}
}
