package e2e

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// kills is how many processes die in the run below.
const kills = 100

// A process that is killed at any moment loses nothing (P6): purchases go on while functions, Broker, store and now and
// then the whole runtime are killed. In the end each purchase is finished or undone, nobody paid for nothing, and the
// next buyer can buy.
func TestCrashes(t *testing.T) {
	s := start(t, "ORDER_TTL=20s", "MAX_HOLDS=100", "MAX_RESERVATIONS=0")
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("SEED"); v != "" {
		seed, _ = strconv.ParseUint(v, 10, 64)
	}
	t.Logf("SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	c := crashes{system: s, t: t, seller: s.person("seller"), buyer: s.person("buyer")}
	killed := map[string]int{}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		c.buyOn(stop)
	}()
	for range kills {
		time.Sleep(time.Duration(20+random.IntN(600)) * time.Millisecond)
		killed[c.killOne(random)]++
	}
	close(stop)
	<-stopped
	t.Logf("killed %v; %d purchases begun, %d orders acknowledged", killed, c.begun, len(c.acknowledged))
	c.checkRest()
}

// crashes drives purchases through a system that dies all the time.
type crashes struct {
	system        *system
	t             *testing.T
	seller, buyer *person
	begun         int
	tickets       []string // acknowledged
	acknowledged  []string // orders
}

// killOne kills a process at random, and says of what kind it was.
func (c *crashes) killOne(random *rand.Rand) string {
	if random.IntN(20) == 0 {
		c.system.kill()
		c.system.again()
		return "runtime"
	}
	all := c.system.processes()
	if len(all) == 0 {
		return "nobody"
	}
	p := all[random.IntN(len(all))]
	if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		c.t.Errorf("kill %s: %v", p.Name, err)
	}
	return p.Kind
}

// buyOn sells and buys until it is told to stop. What fails is tried again, as a person would.
func (c *crashes) buyOn(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		c.begun++
		var listed ticket
		if !c.try(stop, c.seller, &listed, http.StatusCreated, "/api/tickets", map[string]any{"title": "Front row", "price": "42.00"}) {
			continue
		}
		c.tickets = append(c.tickets, listed.ID)
		var reserved order
		if !c.try(stop, c.buyer, &reserved, http.StatusCreated, "/api/orders", map[string]string{"ticket_id": listed.ID}) {
			continue
		}
		c.acknowledged = append(c.acknowledged, reserved.ID)
		var paid payment
		c.try(stop, c.buyer, &paid, http.StatusCreated, "/api/payments", map[string]string{"order_id": reserved.ID, "payment_method": "pm_card_visa"})
	}
}

// try sends a request until it is answered well or refused for good.
func (c *crashes) try(stop chan struct{}, p *person, out any, status int, path string, body any) bool {
	for {
		a := p.do("POST", path, body)
		switch {
		case a.err == nil && a.status == status:
			return json.Unmarshal(a.body, out) == nil
		case a.err == nil && a.status < 500 && a.status != http.StatusConflict && a.status != http.StatusNotFound:
			c.t.Errorf("POST %s: %d %s", path, a.status, a.body)
			return false
		case a.err == nil && a.status < 500:
			return false // its order was undone, or its first try went through after all
		}
		select {
		case <-stop:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// checkRest waits until everything has come to rest, and looks at it from outside.
func (c *crashes) checkRest() {
	seller, buyer := c.seller, c.buyer
	orders := map[string]order{}
	within(c.t, 3*time.Minute, "every order is complete or cancelled", func() bool {
		clear(orders)
		cursor, rest := "", true
		for {
			var page list[order]
			a := buyer.do("GET", "/api/orders?limit=100&cursor="+cursor, nil)
			if a.status != http.StatusOK || json.Unmarshal(a.body, &page) != nil {
				return false
			}
			for _, o := range page.Items {
				orders[o.ID] = o
				rest = rest && (o.Status == "complete" || o.Status == "cancelled")
			}
			if cursor = page.NextCursor; cursor == "" {
				return rest
			}
		}
	})
	complete := map[string]string{} // by ticket
	for _, o := range orders {
		if o.Status != "complete" {
			continue
		}
		if before, twice := complete[o.Ticket.ID]; twice {
			c.t.Errorf("ticket %s is sold to orders %s and %s", o.Ticket.ID, before, o.ID)
		}
		complete[o.Ticket.ID] = o.ID
	}
	for _, id := range c.acknowledged {
		if _, ok := orders[id]; !ok {
			c.t.Errorf("order %s was acknowledged and is lost", id)
		}
	}
	c.t.Logf("%d orders: %d complete, %d cancelled", len(orders), len(complete), len(orders)-len(complete))
	for id, o := range orders {
		var got payment
		eventually(c.t, "the payment of order "+id+" is settled", func() bool {
			a := buyer.do("GET", "/api/payments/"+id, nil)
			if a.status == http.StatusNotFound {
				return o.Status == "cancelled"
			}
			if a.status != http.StatusOK || json.Unmarshal(a.body, &got) != nil {
				return false
			}
			return o.Status == "complete" && got.Status == "captured" || o.Status == "cancelled" && got.Status != "captured" && got.Status != "authorized"
		})
	}
	for _, id := range c.tickets {
		want := "available"
		if complete[id] != "" {
			want = "sold"
		}
		within(c.t, 90*time.Second, "ticket "+id+" is "+want, func() bool { return seller.ticket(id).Status == want })
	}
	c.buyTheRest(complete)
}

// buyTheRest shows that what was not sold can be bought.
func (c *crashes) buyTheRest(complete map[string]string) {
	for _, id := range c.tickets {
		if complete[id] != "" {
			continue
		}
		var o order
		within(c.t, 90*time.Second, "ticket "+id+" can be bought", func() bool {
			a := c.buyer.do("POST", "/api/orders", map[string]string{"ticket_id": id})
			return a.status == http.StatusCreated && json.Unmarshal(a.body, &o) == nil
		})
		c.buyer.becomes(o.ID, "awaiting_payment")
		c.buyer.pays(o.ID)
		c.buyer.becomes(o.ID, "complete")
	}
}
