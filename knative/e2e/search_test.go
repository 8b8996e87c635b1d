package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

// finds is what a search shows, page by page.
func (p *person) finds(query url.Values) (ids []string) {
	p.t.Helper()
	walk := url.Values{"limit": {"2"}}
	for name, values := range query {
		walk[name] = values
	}
	for range 100 {
		var page list[ticket]
		p.must(http.StatusOK, p.do("GET", "/api/tickets?"+walk.Encode(), nil), &page)
		for _, t := range page.Items {
			ids = append(ids, t.ID)
		}
		if page.NextCursor == "" {
			return ids
		}
		walk.Set("cursor", page.NextCursor)
	}
	p.t.Fatalf("the pages of %s have no end", query.Encode())
	return nil
}

// lists puts a ticket to an event up for sale.
func (p *person) lists(title, price, city string, starts time.Time) ticket {
	p.t.Helper()
	var got ticket
	p.must(http.StatusCreated, p.do("POST", "/api/tickets", map[string]any{
		"title": title, "price": price,
		"event": map[string]any{"name": "Die Zauberflöte", "venue": "Große Oper", "city": city, "starts_at": starts.Format(time.RFC3339), "time_zone": "Europe/Berlin"},
	}), &got)
	return got
}

// What is for sale is found by what is known of it, in the order one likes; what is not for sale any more is not.
func TestSearch(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	mark := "m" + seller.id[24:] // a word that only these listings have
	day := func(n int) time.Time { return time.Date(2033, 5, n, 20, 0, 0, 0, time.UTC) }
	dear := seller.lists(mark+" Front row", "90.00", "Köln", day(3))
	cheap := seller.lists(mark+" Balcony", "20.00", "São Paulo", day(1))
	middle := seller.lists(mark+" Balcony, left", "40.00", "Köln", day(2))
	plain := seller.sells(mark+" without an event", "30.00")
	search := func(pairs ...string) url.Values {
		q := url.Values{"q": {mark}}
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		return q
	}
	eventually(t, "all are found", func() bool { return len(buyer.finds(search())) == 4 })
	for name, c := range map[string]struct {
		query url.Values
		want  []ticket
	}{
		"Newest":          {search(), []ticket{plain, middle, cheap, dear}},
		"Soonest":         {search("sort", "soonest"), []ticket{cheap, middle, dear, plain}},
		"Cheapest":        {search("sort", "cheapest"), []ticket{cheap, plain, middle, dear}},
		"BeginningOfWord": {search("q", mark[:12]+" BALC"), []ticket{middle, cheap}},
		"WithoutAccents":  {search("q", "zauberflote grosse "+mark), []ticket{middle, cheap, dear}},
		"MiddleOfWord":    {search("q", mark+" flote"), nil},
		"City":            {search("city", "koln"), []ticket{middle, dear}},
		"CityOfTwoWords":  {search("city", "sao paulo"), []ticket{cheap}},
		"Days":            {search("from", day(2).Format(time.RFC3339), "to", day(3).Format(time.RFC3339)), []ticket{middle}},
		"Prices":          {search("min_price", "3000", "max_price", "4000"), []ticket{plain, middle}},
		"OtherCurrency":   {search("currency", "JPY"), nil},
		"All":             {search("city", "Köln", "from", day(1).Format(time.RFC3339), "max_price", "9000", "currency", "USD", "sort", "cheapest"), []ticket{middle, dear}},
	} {
		t.Run(name, func(t *testing.T) {
			p := *buyer
			p.t = t
			var want []string
			for _, x := range c.want {
				want = append(want, x.ID)
			}
			if got := p.finds(c.query); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	gone := func(what string, ticket ticket) {
		if slices.Contains(buyer.finds(search()), ticket.ID) {
			t.Errorf("%s, and found", what)
		}
	}
	o := buyer.orders(dear.ID)
	buyer.becomes(o.ID, "awaiting_payment")
	gone("reserved", dear)
	buyer.must(http.StatusNoContent, buyer.do("DELETE", "/api/orders/"+o.ID, nil), nil)
	eventually(t, "what is given up is found again", func() bool { return slices.Contains(buyer.finds(search()), dear.ID) })
	seller.must(http.StatusNoContent, seller.do("DELETE", "/api/tickets/"+cheap.ID, nil), nil)
	gone("withdrawn", cheap)
	sold := buyer.orders(middle.ID)
	buyer.pays(sold.ID)
	gone("sold", middle)
	seller.must(http.StatusOK, seller.do("PUT", "/api/tickets/"+plain.ID, map[string]any{"title": "Renamed " + mark, "price": "31.00"}), nil)
	eventually(t, "what was edited is found by its new words", func() bool {
		return slices.Equal(buyer.finds(url.Values{"q": {"renamed " + mark}, "min_price": {"3100"}}), []string{plain.ID})
	})
	if got := buyer.finds(search("q", mark+" without")); got != nil {
		t.Errorf("what was edited is found by its old words: %v", got)
	}
}

// A search that makes no sense is refused with what is wrong, and so is a cursor that belongs to another one.
func TestSearchBadInput(t *testing.T) {
	s := running(t)
	seller, stranger := s.person("seller"), s.stranger()
	mark := "m" + seller.id[24:]
	for range 3 {
		seller.sells(mark, "1.00")
	}
	var page list[ticket]
	eventually(t, "there is a second page", func() bool {
		stranger.must(http.StatusOK, stranger.do("GET", "/api/tickets?limit=2&q="+mark, nil), &page)
		return page.NextCursor != ""
	})
	altered := "A" + page.NextCursor[1:]
	if altered == page.NextCursor { // one in 64 begins so
		altered = "B" + page.NextCursor[1:]
	}
	for path, field := range map[string]string{
		"?q=%ff":               "q",
		"?q=a+b+c+d+e+f+g+h+i": "q",
		"?city=%3F%3F":         "city",
		"?from=2026-12-24":     "from",
		"?to=yesterday":        "to",
		"?from=2026-12-24T20:00:00Z&to=2026-12-24T20:00:00Z": "to",
		"?currency=dollars":          "currency",
		"?min_price=-1":              "min_price",
		"?min_price=1.50":            "min_price",
		"?max_price=1e9":             "max_price",
		"?min_price=2&max_price=1":   "max_price",
		"?sort=dearest":              "sort",
		"?color=red":                 "color",
		"?q=a&q=b":                   "q",
		"?cursor=" + page.NextCursor: "cursor",
		"?q=" + mark + "x&cursor=" + page.NextCursor:             "cursor",
		"?sort=soonest&q=" + mark + "&cursor=" + page.NextCursor: "cursor",
		"?q=" + mark + "&cursor=" + altered:                      "cursor",
	} {
		t.Run(path, func(t *testing.T) {
			p := *stranger
			p.t = t
			if doc := p.refused(http.StatusBadRequest, p.do("GET", "/api/tickets"+path, nil)); doc.Errors[0].Field != field {
				t.Errorf("about field %q, want %q", doc.Errors[0].Field, field)
			}
		})
	}
	seller.refused(http.StatusBadRequest, seller.do("GET", "/api/tickets/mine?status=lost", nil))
	seller.refused(http.StatusBadRequest, seller.do("GET", "/api/tickets/mine?cursor="+page.NextCursor, nil))
}

// A listing ends when its event begins: it is not shown, and cannot be reserved.
func TestListingEndsWhenItsEventBegins(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	mark := "m" + seller.id[24:]
	starts := time.Now().Add(4 * time.Second).Truncate(time.Second)
	begun := seller.lists(mark, "10.00", "Köln", starts)
	if !buyer.listed(begun.ID) {
		t.Error("not listed before it begins")
	}
	eventually(t, "found before it begins", func() bool { return time.Now().After(starts) || len(buyer.finds(url.Values{"q": {mark}})) == 1 })
	eventually(t, "its event begins", func() bool { return time.Now().After(starts.Add(100 * time.Millisecond)) })
	for _, query := range []url.Values{{"q": {mark}}, {"q": {mark}, "sort": {"cheapest"}}, {"q": {mark}, "sort": {"soonest"}}} {
		if got := buyer.finds(query); got != nil {
			t.Errorf("%s finds %v, which has begun", query.Encode(), got)
		}
	}
	if buyer.listed(begun.ID) {
		t.Error("listed, and has begun")
	}
	doc := buyer.refused(http.StatusConflict, buyer.do("POST", "/api/orders", map[string]string{"ticket_id": begun.ID}))
	if doc.Detail != "The event has begun; this ticket is no longer for sale." {
		t.Errorf("refused with %q", doc.Detail)
	}
}

// Sellers see what became of their tickets.
func TestMyTicketsByStatus(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	sold, held, withdrawn, available := seller.sells("A", "1"), seller.sells("B", "1"), seller.sells("C", "1"), seller.sells("D", "1")
	buyer.pays(buyer.orders(sold.ID).ID)
	o := buyer.becomes(buyer.orders(held.ID).ID, "awaiting_payment")
	seller.must(http.StatusNoContent, seller.do("DELETE", "/api/tickets/"+withdrawn.ID, nil), nil)
	type own struct {
		ticket
		HeldUntil *time.Time `json:"held_until"`
	}
	eventually(t, "sold", func() bool { return seller.ticket(sold.ID).Status == "sold" })
	for status, want := range map[string]ticket{"sold": sold, "held": held, "withdrawn": withdrawn, "available": available} {
		var page list[own]
		seller.must(http.StatusOK, seller.do("GET", "/api/tickets/mine?limit=1&status="+status, nil), &page)
		if len(page.Items) != 1 || page.Items[0].ID != want.ID || page.NextCursor != "" {
			t.Errorf("%s: %+v", status, page)
			continue
		}
		if until := page.Items[0].HeldUntil; (status == "held") != (until != nil) || until != nil && !until.Equal(o.ExpiresAt) {
			t.Errorf("%s: held until %v", status, until)
		}
	}
}
