package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// deadLetter is an event that could not be delivered, as an operator sees it.
type deadLetter struct {
	ID, Type, Subject, For, Reason, Answer string
	Attempts                               int
}

// deadLetters are those that an operator sees on one page.
func (p *person) deadLetters() (list []deadLetter) {
	p.t.Helper()
	var page struct{ Items []deadLetter }
	p.must(http.StatusOK, p.do("GET", "/api/operator/dead-letters?limit=100", nil), &page)
	return page.Items
}

// refusedEvent sends the Broker an event that its one subscriber does not take, and waits until the operator sees it.
func (s *system) refusedEvent(operator *person) deadLetter {
	s.t.Helper()
	broker, err := s.address("broker", "USHER_BROKER")
	if err != nil {
		s.t.Fatal(err)
	}
	subject := unknownID[:len(unknownID)-4] + "dead"
	before := len(operator.deadLetters())
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+broker+"/usher/usher", strings.NewReader(`{"id":1}`))
	if err != nil {
		s.t.Fatal(err)
	}
	for attribute, value := range map[string]string{"specversion": "1.0", "id": subject + ".1", "source": "/usher/expiration", "type": "usher.order.expired.v1", "subject": subject} {
		req.Header.Set("Ce-"+attribute, value)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	var list []deadLetter
	eventually(s.t, "the event is a dead letter", func() bool { list = operator.deadLetters(); return len(list) > before })
	return list[len(list)-1]
}

// An operator sees what could not be delivered and what was answered, sends it again, which makes a new dead letter of one that
// is refused again, and gives it up (P7).
func TestOperatorDecidesAboutDeadLetters(t *testing.T) {
	t.Parallel()
	s := start(t)
	operator, other := s.person("operator"), s.person("other")
	s.operator(operator)
	const list = "/api/operator/dead-letters"
	first := s.refusedEvent(operator)
	if first.For != "orders-on-expiry" || first.Type != "usher.order.expired.v1" || !strings.Contains(first.Answer, "problems/invalid") || first.Attempts < 1 {
		t.Errorf("got %+v", first)
	}
	a := operator.do("GET", list, nil)
	operator.must(http.StatusNotModified, operator.do("GET", list, nil, "If-None-Match", a.header.Get("ETag")), nil)
	operator.refused(http.StatusBadRequest, operator.do("GET", list+"?cursor=x", nil))

	one := list + "/" + first.ID
	other.refused(http.StatusForbidden, other.do("POST", one+"/replay", nil))
	operator.must(http.StatusNoContent, operator.do("POST", one+"/replay", nil), nil)
	operator.refused(http.StatusNotFound, operator.do("POST", one+"/replay", nil))
	var again []deadLetter
	eventually(t, "it was refused again", func() bool {
		again = operator.deadLetters()
		return len(again) == 1 && again[0].ID != first.ID
	})
	other.refused(http.StatusForbidden, other.do("DELETE", list+"/"+again[0].ID, nil))
	operator.must(http.StatusNoContent, operator.do("DELETE", list+"/"+again[0].ID, nil), nil)
	operator.refused(http.StatusNotFound, operator.do("DELETE", list+"/"+again[0].ID, nil))
	if left := operator.deadLetters(); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}
