package e2e

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type attachment struct {
	Kind      string `json:"kind"`
	Code      string `json:"code"`
	MediaType string `json:"media_type"`
	Size      int    `json:"size"`
}

type pass struct {
	Code     string  `json:"code"`
	TicketID string  `json:"ticket_id"`
	OrderID  string  `json:"order_id"`
	UsedAt   *string `json:"used_at"`
}

func (p *person) attaches(ticketID, code string) {
	p.t.Helper()
	p.must(http.StatusOK, p.do("PUT", "/api/tickets/"+ticketID+"/attachment", map[string]string{"code": code}), nil)
}

// Only the seller and the buyer who has paid read what is attached; only that buyer has a pass (P8).
func TestDeliveryMatrix(t *testing.T) {
	s := running(t)
	seller, payer, unpaid, other, stranger := s.person("seller"), s.person("payer"), s.person("unpaid"), s.person("other"), s.stranger()
	sold, held := seller.sells("Sold", "42.00"), seller.sells("Held", "42.00")
	seller.attaches(sold.ID, "ROW-A-1")
	seller.attaches(held.ID, "ROW-A-2")
	o := payer.orders(sold.ID)
	payer.pays(o.ID)
	payer.becomes(o.ID, "complete")
	unpaid.orders(held.ID)
	eventually(t, "the ticket is sold", func() bool { return seller.ticket(sold.ID).Status == "sold" })
	eventually(t, "the other is held", func() bool { return seller.ticket(held.ID).Status == "held" })
	for _, c := range []struct {
		who                            string
		by                             *person
		ticket                         string
		read, pass, put, remove, check int
	}{
		{"seller", seller, sold.ID, 200, 403, 409, 409, 400},
		{"payer", payer, sold.ID, 200, 200, 403, 403, 400},
		{"other", other, sold.ID, 403, 403, 403, 403, 400},
		{"unpaid", unpaid, held.ID, 403, 403, 403, 403, 400},
		{"payer of another ticket", payer, held.ID, 403, 403, 403, 403, 400},
		{"seller while held", seller, held.ID, 200, 403, 409, 409, 400},
		{"stranger", stranger, sold.ID, 401, 401, 401, 401, 401},
	} {
		path := "/api/tickets/" + c.ticket
		for route, want := range map[string]int{
			"GET " + path + "/attachment": c.read, "GET " + path + "/attachment/qr.svg": c.read, "GET " + path + "/attachment/qr.png": c.read,
			"GET " + path + "/pass": c.pass, "GET " + path + "/pass/qr.svg": c.pass, "GET " + path + "/pass/qr.png": c.pass,
			"DELETE " + path + "/attachment": c.remove,
		} {
			method, at, _ := strings.Cut(route, " ")
			if a := c.by.do(method, at, nil); a.status != want || want != 200 && bytes.Contains(a.body, []byte("ROW-A")) {
				t.Errorf("%s: %s: %d, want %d: %s", c.who, route, a.status, want, a.body)
			}
		}
		if a := c.by.do("PUT", path+"/attachment", map[string]string{"code": "X"}); a.status != c.put {
			t.Errorf("%s: PUT: %d, want %d: %s", c.who, a.status, c.put, a.body)
		}
		if a := c.by.do("POST", "/api/tickets/verify", map[string]string{"code": "FORGED"}); a.status != c.check {
			t.Errorf("%s: verify: %d, want %d: %s", c.who, a.status, c.check, a.body)
		}
	}
	var got attachment
	payer.must(http.StatusOK, payer.do("GET", "/api/tickets/"+sold.ID+"/attachment", nil), &got)
	if got.Kind != "code" || got.Code != "ROW-A-1" {
		t.Errorf("delivered %+v", got)
	}
}

// A pass is let in once: not when forged, altered, shown again, or checked by somebody else.
func TestPassIsAcceptedOnce(t *testing.T) {
	s := running(t)
	seller, buyer, other := s.person("seller"), s.person("buyer"), s.person("other")
	ticket := seller.sells("Front row", "42.00")
	o := buyer.orders(ticket.ID)
	buyer.pays(o.ID)
	var p pass
	eventually(t, "the buyer has a pass", func() bool { return buyer.do("GET", "/api/tickets/"+ticket.ID+"/pass", nil).status == http.StatusOK })
	buyer.must(http.StatusOK, buyer.do("GET", "/api/tickets/"+ticket.ID+"/pass", nil), &p)
	if p.OrderID != o.ID || p.UsedAt != nil {
		t.Errorf("pass %+v", p)
	}
	verify := func(by *person, code string) answer {
		return by.do("POST", "/api/tickets/verify", map[string]string{"code": code})
	}
	altered := "B" + p.Code[1:]
	if p.Code[0] == 'B' {
		altered = "A" + p.Code[1:]
	}
	seller.refused(http.StatusBadRequest, verify(seller, altered))
	other.refused(http.StatusForbidden, verify(other, p.Code))
	buyer.refused(http.StatusForbidden, verify(buyer, p.Code))
	const doors = 8
	statuses := make(chan int, doors)
	for range doors {
		go func() { statuses <- verify(seller, strings.ToLower(p.Code)).status }()
	}
	admitted := 0
	for range doors {
		if status := <-statuses; status == http.StatusOK {
			admitted++
		} else if status != http.StatusConflict {
			t.Errorf("verify: %d", status)
		}
	}
	if admitted != 1 {
		t.Errorf("admitted %d times", admitted)
	}
	seller.refused(http.StatusConflict, verify(seller, p.Code))
	buyer.must(http.StatusOK, buyer.do("GET", "/api/tickets/"+ticket.ID+"/pass", nil), &p)
	if p.UsedAt == nil {
		t.Error("used, and the buyer does not see it")
	}
}

// A file comes back as it was sent, and what it is not is refused.
func TestAttachedFile(t *testing.T) {
	s := running(t)
	seller := s.person("seller")
	path := "/api/tickets/" + seller.sells("Front row", "42.00").ID + "/attachment"
	seller.refused(http.StatusNotFound, seller.do("GET", path, nil))
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	var got attachment
	seller.must(http.StatusOK, seller.do("PUT", path, picture.String(), "Content-Type", "image/png"), &got)
	if got.Kind != "file" || got.MediaType != "image/png" || got.Size != picture.Len() {
		t.Errorf("attached %+v", got)
	}
	a := seller.do("GET", path+"/file", nil)
	seller.must(http.StatusOK, a, nil)
	if !bytes.Equal(a.body, picture.Bytes()) || a.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d bytes with %v", len(a.body), a.header)
	}
	seller.refused(http.StatusNotFound, seller.do("GET", path+"/qr.svg", nil))
	seller.refused(http.StatusBadRequest, seller.do("PUT", path, "<html>", "Content-Type", "text/html"))
	seller.refused(http.StatusBadRequest, seller.do("PUT", path, picture.String(), "Content-Type", "application/pdf"))
	seller.refused(http.StatusRequestEntityTooLarge, seller.do("PUT", path, "%PDF-1.7\n"+strings.Repeat("x", 200<<10)+"%%EOF", "Content-Type", "application/pdf"))
	for range 2 {
		seller.must(http.StatusNoContent, seller.do("DELETE", path, nil), nil)
	}
	seller.refused(http.StatusNotFound, seller.do("GET", path, nil))
}

// What is attached is nowhere in the store's file but sealed.
func TestAttachmentIsSealedInTheStore(t *testing.T) {
	s := start(t) // its file is looked into
	seller := s.person("seller")
	const secret = "SECRET-CODE-77812-ROW-A"
	ticket := seller.sells("Title to be found", "42.00")
	seller.attaches(ticket.ID, secret)
	content, err := os.ReadFile(filepath.Join(s.data, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte("Title to be found")) {
		t.Fatal("this is not where the store keeps things: the title is not found")
	}
	if bytes.Contains(content, []byte(secret)) {
		t.Error("the code is readable in the store's file")
	}
}
