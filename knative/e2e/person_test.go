package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// person is somebody with a browser: a cookie jar of their own.
type person struct {
	t      testing.TB
	system *system
	client *http.Client
	email  string
	id     string
}

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

type ticket struct {
	ID       string `json:"id"`
	Version  int64  `json:"version"`
	Revision int64  `json:"revision"`
	Status   string `json:"status"`
	SellerID string `json:"seller_id"`
	Title    string `json:"title"`
	Price    money  `json:"price"`
}

type order struct {
	ID         string     `json:"id"`
	Version    int64      `json:"version"`
	Status     string     `json:"status"`
	Reason     string     `json:"reason"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	RefundedAt *time.Time `json:"refunded_at"`
	Ticket     struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Price money  `json:"price"`
	} `json:"ticket"`
}

type payment struct {
	ID           string `json:"id"`
	OrderID      string `json:"order_id"`
	Amount       money  `json:"amount"`
	Status       string `json:"status"`
	ClientSecret string `json:"client_secret"`
}

type list[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
}

type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Message string `json:"message"`
		Field   string `json:"field"`
		Code    string `json:"code"`
	} `json:"errors"`
}

const password = "correct horse battery"

var people atomic.Int64

// stranger is somebody who is not signed in.
func (s *system) stranger() *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &person{t: s.t, system: s, client: &http.Client{Jar: jar, Transport: transport(s.t), Timeout: 30 * time.Second}}
}

// person signs somebody new up.
func (s *system) person(name string) *person {
	s.t.Helper()
	p := s.stranger()
	p.email = fmt.Sprintf("%s-%d-%d@example.com", name, people.Add(1), time.Now().UnixNano())
	var got struct {
		User struct{ ID, Email string } `json:"user"`
	}
	p.must(http.StatusCreated, p.do("POST", "/api/users/signup", map[string]string{"email": p.email, "password": password}), &got)
	p.id = got.User.ID
	return p
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// do sends a request; body is JSON of a value, or a string as it is. headers are pairs of names and values.
func (p *person) do(method, path string, body any, headers ...string) answer {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		content, err := json.Marshal(body)
		if err != nil {
			return answer{err: err}
		}
		reader = bytes.NewReader(content)
	}
	req, err := http.NewRequest(method, p.system.url+path, reader)
	if err != nil {
		return answer{err: err}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, content, err}
}

// must fails the test unless the answer has the status, and reads its body into out unless that is nil.
func (p *person) must(status int, a answer, out any) {
	p.t.Helper()
	if a.err != nil {
		p.t.Fatal(a.err)
	}
	if a.status != status {
		p.t.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	if out != nil {
		if err := json.Unmarshal(a.body, out); err != nil {
			p.t.Fatalf("%v in %s", err, a.body)
		}
	}
}

// refused fails the test unless the answer is a problem document of the status, and returns it.
func (p *person) refused(status int, a answer) problem {
	p.t.Helper()
	var doc problem
	p.must(status, a, &doc)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		p.t.Errorf("Content-Type %q", got)
	}
	if doc.Status != status || doc.Title == "" || doc.Type == "" || doc.Detail == "" || len(doc.Errors) == 0 || doc.Errors[0].Message == "" {
		p.t.Errorf("not a whole problem document: %s", a.body)
	}
	return doc
}

func (p *person) sells(title string, price any) ticket {
	p.t.Helper()
	var got ticket
	p.must(http.StatusCreated, p.do("POST", "/api/tickets", map[string]any{"title": title, "price": price}), &got)
	return got
}

// orders reserves a ticket. Where functions are pods, the one that tells orders of a new ticket may take longer to wake than a buyer is kept
// waiting: then the buyer is told that there is no such ticket yet, and asks again.
func (p *person) orders(ticketID string) order {
	p.t.Helper()
	var got order
	a := p.do("POST", "/api/orders", map[string]string{"ticket_id": ticketID})
	for deadline := time.Now().Add(patience); p.system.data == "" && a.status == http.StatusNotFound && time.Now().Before(deadline); {
		a = p.do("POST", "/api/orders", map[string]string{"ticket_id": ticketID})
	}
	p.must(http.StatusCreated, a, &got)
	return got
}

func (p *person) pays(orderID string) payment {
	p.t.Helper()
	var got payment
	pay := func() answer {
		return p.do("POST", "/api/payments", map[string]string{"order_id": orderID, "payment_method": "pm_card_visa"})
	}
	a := pay()
	for deadline := time.Now().Add(patience); onlyURL() && a.status == http.StatusNotFound && time.Now().Before(deadline); a = pay() {
		time.Sleep(time.Second) // on a cluster the functions that tell payments of an order may have to wake first
	}
	p.must(http.StatusCreated, a, &got)
	return got
}

func (p *person) ticket(id string) ticket {
	p.t.Helper()
	var got ticket
	p.must(http.StatusOK, p.do("GET", "/api/tickets/"+id, nil), &got)
	return got
}

func (p *person) order(id string) order {
	p.t.Helper()
	var got order
	p.must(http.StatusOK, p.do("GET", "/api/orders/"+id, nil), &got)
	return got
}

func (p *person) history() []order {
	p.t.Helper()
	var got list[order]
	p.must(http.StatusOK, p.do("GET", "/api/orders", nil), &got)
	return got.Items
}

// listed says whether a ticket can be found among those for sale.
func (p *person) listed(id string) bool {
	p.t.Helper()
	cursor := ""
	for {
		var page list[ticket]
		p.must(http.StatusOK, p.do("GET", "/api/tickets?limit=100&cursor="+cursor, nil), &page)
		for _, t := range page.Items {
			if t.ID == id {
				return true
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			return false
		}
	}
}

// becomes waits until the order has the status.
func (p *person) becomes(orderID, status string) order {
	p.t.Helper()
	var got order
	eventually(p.t, "order "+orderID+" is "+status, func() bool {
		got = p.order(orderID)
		return got.Status == status
	})
	return got
}
