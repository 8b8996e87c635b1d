package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What functions may do at DynamoDB are the policies of knative/iam, one a function. A whole day's work is watched: each operation that a
// function makes is in its policy, and what is in a policy is made, or is named here with its reason.
func TestPoliciesAreWhatFunctionsDo(t *testing.T) {
	t.Parallel()
	seen := &operations{made: map[string]map[string]bool{}}
	server := httptest.NewServer(seen)
	defer server.Close()
	s := start(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "ORDER_TTL=20s", "MAX_RESERVATIONS=0", "MAX_HOLDS=100")
	everything(s)
	within(t, time.Minute+patience, "a ping comes while something is for sale", func() bool { return seen.all()["tickets-on-ticket"]["BatchGetItem listings"] })
	hidden, people := services(t)
	granted := policies(t)
	for _, name := range slices.Sorted(maps.Keys(granted)) {
		if !hidden[name] && !people[name] && name != "tables" {
			t.Errorf("knative/iam has a policy for %s, which no manifest has", name)
		}
	}
	seenBy := seen.all()
	for function, policy := range granted {
		if _, watched := seenBy[function]; !watched && function != "tables" && function != "notifications-on-expiring" { // a job; and one that waits for long
			t.Errorf("%s was not seen at all, and may %v", function, policy)
		}
	}
	for function, made := range seenBy {
		for what := range made {
			if !granted[function][what] {
				t.Errorf("%s does %s, which its policy does not allow", function, what)
			}
		}
		for what := range granted[function] {
			operation, _, _ := strings.Cut(what, " ")
			if !made[what] && rarely[function+" "+operation] == "" && rarely["* "+operation] == "" {
				t.Errorf("%s may %s, and was not seen to do it", function, what)
			}
		}
	}
	if os.Getenv("SHOW_OPERATIONS") != "" {
		content, _ := json.MarshalIndent(seenBy, "", " ")
		t.Logf("%s", content)
	}
}

// rarely are operations that an ordinary day does not show, by function and operation; * stands for all functions.
var rarely = map[string]string{
	"* GetItem":                              "after a lost race where the server does not return what was there (Alternator); the account of an old session",
	"* UpdateItem":                           "takes a mark away: only where something was marked",
	"expiration-tick DeleteItem":             "clears a timer away in the minute after it was due",
	"expiration-remind PutItem":              "remembers how far it was, in the minute after an order was to be reminded of",
	"notifications-on-expiring PutItem":      "an order that is not paid for long",
	"notifications-on-expiring BatchGetItem": "the same",
	"notifications-resend PutItem":           "a mail server that was away",
	"notifications-resend BatchGetItem":      "the same",
	"payments-webhook PutItem":               "what Stripe tells first, such as after 3-D Secure",
	"payments-reconcile PutItem":             "a payment that Stripe knows and we do not",
	"users-recover PutItem":                  "an account of before there were accounts by id",
	"users-signin PutItem":                   "an account of before there were accounts by id",
	"tickets-list Query":                     "which of its lists is the shortest depends on what is searched",
	"orders-on-user PutItem":                 "an order that was begun while its buyer's account was deleted",
	"tickets-on-user PutItem":                "a ticket that was listed while its seller's account was deleted",
	"tickets-detach PutItem":                 "what was attached in the minute before",
}

// everything is what people do in a day.
func everything(s *system) {
	w := newWorld(s)
	for _, route := range s.routes() {
		r, ok := matrix[route]
		if !ok {
			continue
		}
		method, _, _ := strings.Cut(route, " ")
		for _, p := range []*person{w.other, w.buyer, w.seller, w.operator} {
			by := *p
			if r.own {
				by.client = by.again()
			}
			path, body := r.ask(w)
			by.do(method, path, body)
		}
	}
	for _, how := range []string{"q=front+row", "sort=newest", "sort=soonest", "sort=cheapest", "sort=price", "sort=starts_at"} { // one that is no order is refused
		w.other.do("GET", "/api/tickets?"+how, nil)
	}
	leaving := s.person("leaving")
	leaving.must(http.StatusOK, leaving.do("POST", "/api/users/password", map[string]string{"current": password, "new": "another " + password}), nil)
	leaving.sells("Still for sale", "1.00")
	leaving.do("DELETE", "/api/users/current", map[string]string{"password": "another " + password}) // refused
	forgetful := s.person("forgetful")
	forgetful.must(http.StatusOK, forgetful.recovers(forgetful.forgets(), "another "+password), nil)
	left := s.person("left")
	left.must(http.StatusNoContent, left.do("DELETE", "/api/users/current", map[string]string{"password": password}), nil)
	path := "/api/tickets/" + w.listed() + "/attachment"
	for _, code := range []string{"FIRST", "SECOND"} {
		w.seller.must(http.StatusOK, w.seller.do("PUT", path, map[string]string{"code": code}), nil)
	}
	w.seller.must(http.StatusNoContent, w.seller.do("DELETE", path, nil), nil)
	w.other.do("POST", "/api/users/signin", map[string]string{"email": w.other.email, "password": "wrong password"})
	w.other.do("POST", "/api/users/signin", map[string]string{"email": w.other.email, "password": password})
	w.buyer.do("POST", "/api/orders", map[string]string{"ticket_id": w.listed()}, "Idempotency-Key", "once")
	expiring := w.buyer.orders(w.listed())
	w.other.do("POST", "/api/orders", map[string]string{"ticket_id": expiring.Ticket.ID}) // taken
	within(s.t, patience+20*time.Second, "its time is over", func() bool { return w.buyer.order(expiring.ID).Status == "cancelled" })
}

// operations are those that a collector is told of, by function.
type operations struct {
	mu   sync.Mutex
	made map[string]map[string]bool
}

func (o *operations) all() map[string]map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]map[string]bool{}
	for function, made := range o.made {
		out[function] = maps.Clone(made)
	}
	return out
}

type attribute struct {
	Key   string
	Value struct{ StringValue string }
}

func value(all []attribute, key string) string {
	for _, a := range all {
		if a.Key == key {
			return a.Value.StringValue
		}
	}
	return ""
}

// ServeHTTP implements http.Handler: it takes OTLP as JSON.
func (o *operations) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes []attribute }
			ScopeSpans []struct {
				Spans []struct{ Attributes []attribute }
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, resource := range in.ResourceSpans {
		function := value(resource.Resource.Attributes, "service.name")
		if o.made[function] == nil {
			o.made[function] = map[string]bool{}
		}
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				table := value(span.Attributes, "db.collection.name")
				if table == "" {
					continue
				}
				table = strings.TrimPrefix(table, "usher-")
				if index := value(span.Attributes, "aws.dynamodb.index_name"); index != "" {
					table += "/index/" + index
				}
				o.made[function][value(span.Attributes, "db.operation.name")+" "+table] = true
			}
		}
	}
}

// policies are what functions may do, as "GetItem orders".
func policies(t *testing.T) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(), "knative", "iam", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies: %v", err)
	}
	all := map[string]map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var policy struct {
			Version   string
			Statement []struct {
				Effect   string
				Action   []string
				Resource []string
			}
		}
		if err := json.Unmarshal(content, &policy); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		may := map[string]bool{}
		for _, statement := range policy.Statement {
			for _, resource := range statement.Resource {
				table, ours := strings.CutPrefix(resource, "arn:aws:dynamodb:*:*:table/usher-")
				if !ours || strings.Contains(table, "*") || statement.Effect != "Allow" {
					t.Errorf("%s: %s %s is more than one of our tables", file, statement.Effect, resource)
				}
				for _, action := range statement.Action {
					operation, known := strings.CutPrefix(action, "dynamodb:")
					if !known || strings.Contains(operation, "*") {
						t.Errorf("%s: %s is more than one operation", file, action)
					}
					may[operation+" "+table] = true
				}
			}
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = may
	}
	return all
}
