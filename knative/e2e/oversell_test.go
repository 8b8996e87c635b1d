package e2e

import (
	"net/http"
	"sync"
	"testing"
)

// Fifty buyers at once on one ticket: one gets it, the others are told so, and nothing fails (P1). Again and again.
func TestOneOfFifty(t *testing.T) {
	const buyers, rounds = 50, 20
	s := running(t)
	seller := s.person("seller")
	crowd := make([]*person, buyers)
	var signups sync.WaitGroup
	for i := range crowd {
		signups.Go(func() { crowd[i] = s.person("buyer") })
	}
	signups.Wait()
	for round := range rounds {
		ticket := seller.sells("Front row", "42.00")
		answers := make([]answer, buyers)
		var gate, all sync.WaitGroup
		gate.Add(1)
		for i, p := range crowd {
			all.Go(func() {
				gate.Wait()
				answers[i] = p.do("POST", "/api/orders", map[string]string{"ticket_id": ticket.ID})
			})
		}
		gate.Done()
		all.Wait()
		count := map[int]int{}
		for i, a := range answers {
			if a.err != nil {
				t.Fatal(a.err)
			}
			count[a.status]++
			if a.status == http.StatusConflict {
				crowd[i].refused(http.StatusConflict, a)
				continue
			}
			var won order // and given up, lest somebody lucky has as many as one may
			if readJSON(a, &won) == nil {
				crowd[i].do("DELETE", "/api/orders/"+won.ID, nil)
			}
		}
		if count[http.StatusCreated] != 1 || count[http.StatusConflict] != buyers-1 {
			t.Fatalf("round %d: answers %v, want one 201 and %d × 409", round, count, buyers-1)
		}
	}
}
