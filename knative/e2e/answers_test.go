package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
)

// A browser that was led here from elsewhere changes nothing, whatever it asks for.
func TestOtherSites(t *testing.T) {
	s := running(t)
	p := s.person("person")
	for _, o := range describedOperations(t) {
		if o.method != http.MethodGet {
			p.refused(http.StatusForbidden, p.do(o.method, o.path, o.body, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"))
		}
	}
}

// A body that is too large is refused wherever a body can be sent, also where none is asked for.
func TestLargeBodies(t *testing.T) {
	s := running(t)
	p := s.person("person")
	large := `{"title":"` + strings.Repeat("x", 1<<20) + `"}`
	for _, o := range describedOperations(t) {
		if o.method != http.MethodGet {
			p.refused(http.StatusRequestEntityTooLarge, p.do(o.method, o.path, large))
		}
	}
}

// A body that breaks off is the request's fault: nothing is done, and it is said why.
func TestBrokenBodies(t *testing.T) {
	s := running(t)
	p := s.person("person")
	address := strings.TrimPrefix(s.url, "http://")
	if strings.HasPrefix(s.url, "https://") {
		t.Skip("speaks HTTP by hand, without TLS")
	}
	if !strings.Contains(address, ":") {
		address += ":80"
	}
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range p.client.Jar.Cookies(at) {
		cookies = append(cookies, c.String())
	}
	for _, o := range describedOperations(t) {
		if o.method == http.MethodGet {
			continue
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, o.method+" "+o.path+" HTTP/1.1\r\nHost: "+address+"\r\nCookie: "+strings.Join(cookies, "; ")+
			"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nthis is no chunk\r\n")
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequest(o.method, s.url+o.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), request)
		if err != nil {
			t.Fatalf("%s %s: %v", o.method, o.path, err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = conn.Close()
		if onlyURL() && resp.Header.Get("Content-Type") == "" { // an ingress that reads the broken body before the gateway has refused it
			t.Logf("%s %s: the ingress answers %s %s", o.method, o.path, resp.Status, body)
			continue
		}
		if err := openapi().Check(request, resp.StatusCode, resp.Header, body); err != nil {
			t.Errorf("not as the OpenAPI document says: %v", err)
		}
		p.refused(http.StatusBadRequest, answer{resp.StatusCode, resp.Header, body, err})
	}
}

// What has not changed since it was read is not sent again, and what changed meanwhile is not changed by mistake.
func TestConditionalRequests(t *testing.T) {
	s := running(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	sold, listed := seller.sells("Sold", "42.00"), seller.sells("Listed", "42.00")
	seller.attaches(sold.ID, "ROW-A-1")
	seller.attaches(listed.ID, "ROW-A-2")
	o := buyer.orders(sold.ID)
	buyer.pays(o.ID)
	buyer.becomes(o.ID, "complete")
	eventually(t, "the buyer has a pass", func() bool {
		return buyer.do("GET", "/api/tickets/"+sold.ID+"/pass", nil).status == http.StatusOK
	})
	eventually(t, "the payment is captured", func() bool {
		var got payment
		return readJSON(buyer.do("GET", "/api/payments/"+o.ID, nil), &got) == nil && got.Status == "captured"
	})
	ticket := "/api/tickets/" + sold.ID
	for _, path := range []string{
		ticket, ticket + "/attachment", ticket + "/attachment/qr.svg", ticket + "/pass", ticket + "/pass/qr.svg",
		"/api/orders", "/api/orders/" + o.ID, "/api/payments/" + o.ID, "/api/payments/config", "/api/tickets?q=nowhere",
		"/api/users/currentuser", "/api/users/current",
	} {
		first := buyer.do("GET", path, nil)
		tag := first.header.Get("ETag")
		if buyer.must(http.StatusOK, first, nil); tag == "" {
			t.Errorf("%s has no ETag", path)
		}
		buyer.must(http.StatusNotModified, buyer.do("GET", path, nil, "If-None-Match", tag), nil)
	}
	mine := seller.do("GET", "/api/tickets/mine", nil)
	seller.must(http.StatusNotModified, seller.do("GET", "/api/tickets/mine", nil, "If-None-Match", mine.header.Get("ETag")), nil)
	seller.refused(http.StatusBadRequest, seller.do("GET", "/api/tickets/mine?limit=0", nil))

	ticket = "/api/tickets/" + listed.ID
	seller.refused(http.StatusPreconditionFailed, seller.do("PUT", ticket+"/attachment", map[string]string{"code": "B"}, "If-Match", `"99"`))
	seller.refused(http.StatusPreconditionFailed, seller.do("DELETE", ticket+"/attachment", nil, "If-Match", `"99"`))
	seller.refused(http.StatusPreconditionFailed, seller.do("DELETE", ticket, nil, "If-Match", `"99"`))
}

// Whatever the payment provider signs and nobody has to act on is acknowledged, lest it is sent for days.
func TestWebhookIsAcknowledged(t *testing.T) {
	s := running(t)
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(`{"id":"evt_1","object":"event","type":"customer.created","data":{"object":{"id":"cus_1","object":"customer"}}}`),
		Secret:  s.secret("STRIPE_WEBHOOK_SECRET"),
	})
	p := s.stranger()
	send := func(body string) answer {
		return p.do("POST", "/api/payments/webhook", body, "Stripe-Signature", signed.Header)
	}
	p.must(http.StatusOK, send(string(signed.Payload)), nil)
	p.refused(http.StatusBadRequest, send(string(signed.Payload)+" "))
}

// secret is one of those that the system made for itself.
func (s *system) secret(name string) string {
	s.t.Helper()
	if s.data == "" {
		s.t.Skip("needs a secret of the system, which USHER_URL keeps to itself")
	}
	content, err := os.ReadFile(filepath.Join(s.data, "secrets.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var kept map[string]map[string]string
	if err := json.Unmarshal(content, &kept); err != nil {
		s.t.Fatal(err)
	}
	for _, keys := range kept {
		if value := keys[name]; value != "" {
			return value
		}
	}
	s.t.Fatalf("no secret %s", name)
	return ""
}
