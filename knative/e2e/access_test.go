package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"usher.example/knative/local/manifest"
	"usher.example/knative/local/plan"
)

// world is what the access matrix asks about: people, and things that belong to some of them.
type world struct {
	anonymous, buyer, seller, other, operator *person
	sold                                      ticket // the seller's, paid for by the buyer, with a code attached
	paid                                      order  // the buyer's order of it
}

// row is what a route answers to each of five people. Nobody but its owner may get at what the request is about: the seller's and
// buyer's tickets and orders of a world.
type row struct {
	anonymous, buyer, seller, other, operator int
	ask                                       func(w *world) (path string, body any) // made anew for each person
	own                                       bool                                   // by a session of its own, as the request changes it
}

// public is a row of a route that answers everybody alike.
func public(status int, ask func(*world) (string, any)) row {
	return row{status, status, status, status, status, ask, false}
}

func fixed(path string) func(*world) (string, any) {
	return func(*world) (string, any) { return path, nil }
}

// ofSold asks about the sold ticket.
func ofSold(path string) func(*world) (string, any) {
	return func(w *world) (string, any) { return "/api/tickets/" + w.sold.ID + path, nil }
}

// listed is the id of a new ticket of the seller.
func (w *world) listed() string { return w.seller.sells("Front row", "42.00").ID }

// held is the id of a new order of the buyer that can be paid.
func (w *world) held() string {
	return w.buyer.becomes(w.buyer.orders(w.listed()).ID, "awaiting_payment").ID
}

// captured is the id of a new order of the buyer whose payment can be refunded.
func (w *world) captured() string {
	id := w.held()
	w.buyer.pays(id)
	w.buyer.becomes(id, "complete")
	eventually(w.buyer.t, "it is captured", func() bool {
		var p payment
		w.buyer.must(http.StatusOK, w.buyer.do("GET", "/api/payments/"+id, nil), &p)
		return p.Status == "captured"
	})
	return id
}

// matrix has a row for each route of the OpenAPI document.
var matrix = map[string]row{
	"POST /api/users/signup": {201, 201, 201, 201, 201, func(*world) (string, any) {
		return "/api/users/signup", map[string]string{"email": fmt.Sprintf("matrix-%d@example.com", people.Add(1)), "password": password}
	}, true},
	"POST /api/users/signin": {200, 200, 200, 200, 200, func(w *world) (string, any) {
		return "/api/users/signin", map[string]string{"email": w.other.email, "password": password}
	}, true},
	"POST /api/users/signout": {200, 200, 200, 200, 200, fixed("/api/users/signout"), true},
	"POST /api/users/password": {401, 403, 403, 403, 403, func(*world) (string, any) { // a session alone does not do: they do not say their password
		return "/api/users/password", map[string]string{"current": "not my password", "new": "staple apple pencil"}
	}, false},
	"POST /api/users/recover": public(202, func(*world) (string, any) {
		return "/api/users/recover", map[string]string{"email": fmt.Sprintf("matrix-%d@example.com", people.Add(1))}
	}),
	"POST /api/users/recover/confirm": public(400, func(*world) (string, any) { // nobody was sent a mail with this
		return "/api/users/recover/confirm", map[string]string{"token": "not.a.token", "password": "staple apple pencil"}
	}),
	"DELETE /api/users/current": {401, 403, 403, 403, 403, func(*world) (string, any) {
		return "/api/users/current", map[string]string{"password": "not my password"}
	}, false},
	"DELETE /api/users/currentuser": {401, 403, 403, 403, 403, func(*world) (string, any) {
		return "/api/users/currentuser", map[string]string{"password": "not my password"}
	}, false},
	"GET /api/users/currentuser":   public(200, fixed("/api/users/currentuser")),
	"GET /api/users/current":       public(200, fixed("/api/users/current")),
	"GET /api/tickets":             public(200, fixed("/api/tickets")),
	"GET /api/tickets/{id}":        public(200, ofSold("")),
	"GET /api/payments/config":     public(200, fixed("/api/payments/config")),
	"POST /api/payments/webhook":   public(400, fixed("/api/payments/webhook")), // not signed by Stripe
	"GET /api/tickets/mine":        {401, 200, 200, 200, 200, fixed("/api/tickets/mine"), false},
	"GET /api/orders":              {401, 200, 200, 200, 200, fixed("/api/orders"), false},
	"GET /api/orders/{id}":         {401, 200, 404, 404, 404, func(w *world) (string, any) { return "/api/orders/" + w.paid.ID, nil }, false},
	"GET /api/orders/{id}/receipt": {401, 200, 404, 404, 404, func(w *world) (string, any) { return "/api/orders/" + w.paid.ID + "/receipt", nil }, false},
	"DELETE /api/orders/{id}":      {401, 204, 404, 404, 404, func(w *world) (string, any) { return "/api/orders/" + w.held(), nil }, false},
	"GET /api/payments/{order_id}": {401, 200, 404, 404, 200, func(w *world) (string, any) { return "/api/payments/" + w.paid.ID, nil }, false},
	"POST /api/payments/{order_id}/refund": {401, 403, 403, 403, 200, func(w *world) (string, any) {
		return "/api/payments/" + w.captured() + "/refund", nil
	}, false},
	"GET /api/operator/dead-letters": {401, 403, 403, 403, 200, fixed("/api/operator/dead-letters"), false},
	"POST /api/operator/dead-letters/{id}/replay": {401, 403, 403, 403, 204, func(w *world) (string, any) {
		return "/api/operator/dead-letters/" + w.operator.system.refusedEvent(w.operator).ID + "/replay", nil
	}, false},
	"DELETE /api/operator/dead-letters/{id}": {401, 403, 403, 403, 204, func(w *world) (string, any) {
		return "/api/operator/dead-letters/" + w.operator.system.refusedEvent(w.operator).ID, nil
	}, false},
	"POST /api/payments": {401, 201, 404, 404, 404, func(w *world) (string, any) {
		return "/api/payments", map[string]string{"order_id": w.held(), "payment_method": "pm_card_visa"}
	}, false},
	"POST /api/orders": {401, 201, 403, 201, 201, func(w *world) (string, any) {
		return "/api/orders", map[string]string{"ticket_id": w.listed()}
	}, false},
	"POST /api/tickets": {401, 201, 201, 201, 201, func(*world) (string, any) {
		return "/api/tickets", map[string]string{"title": "Front row", "price": "42.00"}
	}, false},
	"PUT /api/tickets/{id}": {401, 403, 200, 403, 403, func(w *world) (string, any) {
		return "/api/tickets/" + w.listed(), map[string]string{"title": "Back row", "price": "1.00"}
	}, false},
	"DELETE /api/tickets/{id}": {401, 403, 204, 403, 403, func(w *world) (string, any) { return "/api/tickets/" + w.listed(), nil }, false},
	"PUT /api/tickets/{id}/attachment": {401, 403, 200, 403, 403, func(w *world) (string, any) {
		return "/api/tickets/" + w.listed() + "/attachment", map[string]string{"code": "ROW-B"}
	}, false},
	"DELETE /api/tickets/{id}/attachment":     {401, 403, 204, 403, 403, func(w *world) (string, any) { return "/api/tickets/" + w.listed() + "/attachment", nil }, false},
	"GET /api/tickets/{id}/attachment":        {401, 200, 200, 403, 403, ofSold("/attachment"), false},
	"GET /api/tickets/{id}/attachment/{form}": {401, 200, 200, 403, 403, ofSold("/attachment/qr.svg"), false},
	"GET /api/tickets/{id}/pass":              {401, 200, 403, 403, 403, ofSold("/pass"), false},
	"GET /api/tickets/{id}/pass/{form}":       {401, 200, 403, 403, 403, ofSold("/pass/qr.svg"), false},
	"POST /api/tickets/verify": {401, 403, 200, 403, 409, func(w *world) (string, any) { // to the operator it has been used: by the seller
		var p pass
		w.buyer.must(http.StatusOK, w.buyer.do("GET", "/api/tickets/"+w.sold.ID+"/pass", nil), &p)
		return "/api/tickets/verify", map[string]string{"code": p.Code}
	}, false},
}

// Each route of the OpenAPI document answers an anonymous person, a buyer, a seller, somebody else and an operator as the matrix says (P8).
func TestAccess(t *testing.T) {
	t.Parallel()
	s := start(t, "MAX_RESERVATIONS=0", "MAX_HOLDS=100") // one buyer makes all of them
	w := newWorld(s)
	routes := s.routes()
	for _, route := range routes {
		r, ok := matrix[route]
		if !ok {
			t.Errorf("%s is in the OpenAPI document, and the access matrix does not say who may ask it: add a row", route)
			continue
		}
		t.Run(strings.ReplaceAll(strings.TrimPrefix(route, "/"), "/", "."), func(t *testing.T) { r.hold(t, w, route) })
	}
	for route := range matrix {
		if !slices.Contains(routes, route) {
			t.Errorf("the access matrix has a row for %s, which the OpenAPI document does not", route)
		}
	}
}

func newWorld(s *system) *world {
	w := &world{s.stranger(), s.person("buyer"), s.person("seller"), s.person("other"), s.person("operator"), ticket{}, order{}}
	s.operator(w.operator)
	w.sold = w.seller.sells("Sold", "42.00")
	w.seller.attaches(w.sold.ID, "ROW-A-1")
	w.paid = w.buyer.orders(w.sold.ID)
	w.buyer.pays(w.paid.ID)
	w.buyer.becomes(w.paid.ID, "complete")
	eventually(s.t, "the ticket is sold", func() bool { return w.seller.ticket(w.sold.ID).Status == "sold" })
	return w
}

// routes are those of the OpenAPI document, each "METHOD /path/{param}".
func (s *system) routes() (routes []string) {
	s.t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	p := s.stranger()
	p.must(http.StatusOK, p.do("GET", "/api/openapi.json", nil), &doc)
	for path, item := range doc.Paths {
		for method := range item {
			if method != "parameters" {
				routes = append(routes, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(routes)
	return routes
}

// hold asks the route as each person: first those who may not, so that what they asked about is still there to be seen.
func (r row) hold(t *testing.T, w *world, route string) {
	method, _, _ := strings.Cut(route, " ")
	for _, c := range []struct {
		who  string
		by   *person
		want int
	}{
		{"anonymous", w.anonymous, r.anonymous}, {"other", w.other, r.other}, {"buyer", w.buyer, r.buyer}, {"seller", w.seller, r.seller}, {"operator", w.operator, r.operator},
	} {
		by := *c.by
		if r.own {
			by.client = by.again()
		}
		path, body := r.ask(w)
		a := by.do(method, path, body)
		if a.err != nil || a.status != c.want {
			t.Errorf("%s gets %d, want %d: %v %s", c.who, a.status, c.want, a.err, a.body)
			continue
		}
		if a.status >= http.StatusBadRequest {
			by.t = t
			by.refused(c.want, a)
			if bytes.Contains(a.body, []byte("ROW-A")) || bytes.Contains(a.body, []byte(w.buyer.email)) || bytes.Contains(a.body, []byte(w.paid.ID)) {
				t.Errorf("%s is refused, and told: %s", c.who, a.body)
			}
		}
	}
}

// again is a browser of its own for the same person, signed in anew.
func (p *person) again() *http.Client {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	other := *p
	other.client = &http.Client{Jar: jar, Timeout: p.client.Timeout}
	if p.email != "" {
		other.must(http.StatusOK, other.do("POST", "/api/users/signin", map[string]string{"email": p.email, "password": password}), nil)
	}
	return other.client
}

// No name of a function that only the Broker calls, in the path or as the host, leads anybody from outside to it (P8).
func TestEventFunctionsCannotBeReached(t *testing.T) {
	t.Parallel()
	hidden, gatewayCalled := services(t)
	var s *system
	if s = running(t); s.data != "" {
		s = start(t) // of its own: here each function is at zero until somebody reaches it
	}
	for _, name := range slices.Sorted(maps.Keys(hidden)) {
		service, action, _ := strings.Cut(name, "-")
		for _, path := range []string{
			"/", "/" + name, "/" + name + "/", "/api/" + name, "/api/" + service + "/" + action, "/api//" + name, "/api/../" + name, "/api/..%2f" + name,
			"/api/%2e%2e/" + name, "/api/tickets/..;/" + name, "/" + name + ".usher.svc.cluster.local/", "/usher/usher", "/healthz/../" + name,
		} {
			s.knock(t, s.url+path, "", name)
		}
		for _, host := range []string{
			name, name + ".usher", name + ".usher.svc", name + ".usher.svc.cluster.local", name + ".usher.example.com", name + ".usher.127.0.0.1.sslip.io",
		} {
			s.knock(t, s.url+"/", host, name)
		}
	}
	if s.data == "" {
		return
	}
	for _, name := range s.functions() {
		if hidden[name] && !hearsPing[name] {
			t.Errorf("%s runs: something woke it", name)
		}
		if gatewayCalled[name] {
			t.Logf("%s runs: its route fits one of the paths", name)
		}
	}
}

// hearsPing are the functions that the minute wakes.
var hearsPing = map[string]bool{
	"expiration-tick": true, "expiration-remind": true, "notifications-resend": true, "outbox-relay": true, "payments-reconcile": true, "tickets-on-ticket": true,
}

// knock sends an event, as the Broker would, to an address where no function may be.
func (s *system) knock(t *testing.T, address, host, name string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if req.URL.Opaque == "" { // sent as it is written
		req.URL.Opaque = "//" + req.URL.Host + strings.TrimPrefix(address, s.url)
	}
	if host != "" {
		req.Host = host
	}
	for attribute, value := range map[string]string{"specversion": "1.0", "id": "1", "source": "/outside", "type": "usher.order.expired.v1", "subject": unknownID} {
		req.Header.Set("Ce-"+attribute, value)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-Host", name+".usher.svc.cluster.local")
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusForbidden, http.StatusMisdirectedRequest, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		t.Errorf("%s (host %q): %s %s", address, host, resp.Status, body)
	}
}

// services are the names of the functions of the manifests: those that only the Broker calls, and those of the gateway.
func services(t *testing.T) (hidden, gateway map[string]bool) {
	t.Helper()
	p, _, err := manifest.Load(filepath.Join(root(), "knative", "overlays", "local"), manifest.Addresses{Functions: "functions", Broker: "broker"})
	if err != nil {
		t.Fatal(err)
	}
	hidden, gateway = map[string]bool{}, map[string]bool{}
	for _, service := range p.Services {
		switch {
		case service.Public:
		case slices.ContainsFunc(service.Env, func(e plan.Env) bool { return e.Name == "ROUTE" }):
			gateway[service.Name] = true
		default:
			hidden[service.Name] = true
		}
	}
	if len(hidden) < 9 {
		t.Fatalf("only %v are called by the Broker", hidden)
	}
	return hidden, gateway
}
