package e2e

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// A password is changed by who knows the one of now; this browser stays signed in, and the old password is nothing.
func TestChangePassword(t *testing.T) {
	s := running(t)
	p := s.person("person")
	other := s.stranger()
	signin := func(with *person, password string) answer {
		return with.do("POST", "/api/users/signin", map[string]string{"email": p.email, "password": password})
	}
	other.must(http.StatusOK, signin(other, password), nil)
	const next = "staple apple pencil"
	change := func(who *person, current, to string) answer {
		return who.do("POST", "/api/users/password", map[string]string{"current": current, "new": to})
	}
	s.stranger().refused(http.StatusUnauthorized, change(s.stranger(), password, next))
	if doc := p.refused(http.StatusForbidden, change(p, "wrong wrong", next)); doc.Errors[0].Field != "current" {
		t.Errorf("refused with %+v", doc)
	}
	if doc := p.refused(http.StatusBadRequest, change(p, password, "short")); doc.Errors[0].Field != "new" {
		t.Errorf("refused with %+v", doc)
	}
	p.refused(http.StatusForbidden, p.do("POST", "/api/users/password", map[string]string{"current": password, "new": next},
		"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"))
	p.must(http.StatusOK, change(p, password, next), nil)
	p.must(http.StatusOK, p.do("GET", "/api/orders", nil), nil)
	p.refused(http.StatusForbidden, change(p, password, next+"!"))
	p.refused(http.StatusUnauthorized, signin(s.stranger(), password))
	p.must(http.StatusOK, signin(s.stranger(), next), nil)
	latest := next
	eventually(t, "of two changes at once, one is refused", func() bool { // unless one was over before the other began
		var codes [2]int
		var both sync.WaitGroup
		for i := range codes {
			both.Go(func() { codes[i] = change(p, latest, latest+strconv.Itoa(i)).status })
		}
		both.Wait()
		latest += strconv.Itoa(slices.Index(codes[:], http.StatusOK))
		return slices.Contains(codes[:], http.StatusConflict)
	})
}

// An account goes when nothing of it is live, and leaves nothing personal: its address can be used anew, and no mail goes there
// but the one that says so.
func TestDeleteAccount(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	leave := func(p *person, password string) answer {
		return p.do("DELETE", "/api/users/current", map[string]string{"password": password})
	}
	s.stranger().refused(http.StatusUnauthorized, leave(s.stranger(), password))
	if doc := seller.refused(http.StatusForbidden, leave(seller, "wrong wrong")); doc.Errors[0].Field != "password" {
		t.Errorf("refused with %+v", doc)
	}
	seller.refused(http.StatusBadRequest, leave(seller, ""))
	refusedFor := func(p *person, field string) {
		t.Helper()
		for _, path := range []string{"/api/users/current", "/api/users/currentuser"} {
			a := p.do("DELETE", path, map[string]string{"password": password})
			if doc := p.refused(http.StatusConflict, a); len(doc.Errors) != 1 || doc.Errors[0].Field != field {
				t.Errorf("%s is refused with %+v, want it to be about %s", path, doc.Errors, field)
			}
		}
	}

	listed := seller.sells("Front row", "42.00")
	refusedFor(seller, "listings")
	o := buyer.orders(listed.ID)
	refusedFor(seller, "listings") // held
	refusedFor(buyer, "orders")
	buyer.must(http.StatusOK, buyer.do("GET", "/api/orders", nil), nil) // still signed in
	buyer.pays(o.ID)
	buyer.becomes(o.ID, "complete")
	eventually(t, "it is sold", func() bool { return seller.ticket(listed.ID).Status == "sold" })
	s.settle()

	for path, p := range map[string]*person{"/api/users/current": buyer, "/api/users/currentuser": seller} {
		a := p.do("DELETE", path, map[string]string{"password": password})
		p.must(http.StatusNoContent, a, nil)
		p.refused(http.StatusUnauthorized, p.do("GET", "/api/orders", nil)) // signed out
		stranger := s.stranger()
		stranger.refused(http.StatusUnauthorized, stranger.do("POST", "/api/users/signin", map[string]string{"email": p.email, "password": password}))
	}
	for _, p := range []*person{buyer, seller} {
		eventually(t, "the owner is told", func() bool { return slices.Contains(s.mails(), "Your account was deleted to "+p.email) })
	}
	if got := s.stranger().ticket(listed.ID); got.Status != "sold" || got.SellerID != seller.id {
		t.Errorf("of what was sold is left %+v", got)
	}
	anew := s.stranger()
	var user struct {
		User struct{ ID string } `json:"user"`
	}
	anew.must(http.StatusCreated, anew.do("POST", "/api/users/signup", map[string]string{"email": buyer.email, "password": password}), &user)
	if user.User.ID == buyer.id {
		t.Error("the new account is the old one")
	}
	var orders list[order]
	anew.must(http.StatusOK, anew.do("GET", "/api/orders", nil), &orders)
	if len(orders.Items) != 0 {
		t.Errorf("the new account has orders %+v", orders.Items)
	}
}

// Who tries passwords at an open session is told to wait, as at sign-in.
func TestPasswordsAreThrottled(t *testing.T) {
	t.Parallel()
	s := start(t) // wrong passwords count for an address too
	for _, c := range []struct {
		method, path string
		body         map[string]string
	}{
		{"DELETE", "/api/users/current", map[string]string{"password": "wrong password"}},
		{"DELETE", "/api/users/currentuser", map[string]string{"password": "wrong password"}},
		{"POST", "/api/users/password", map[string]string{"current": "wrong password", "new": "another " + password}},
	} {
		t.Run(c.method+c.path, func(t *testing.T) {
			p := s.person("person")
			for range 20 {
				a := p.do(c.method, c.path, c.body)
				if a.status == http.StatusTooManyRequests {
					if a.header.Get("Retry-After") == "" {
						t.Error("no Retry-After")
					}
					return
				}
				p.refused(http.StatusForbidden, a)
			}
			t.Error("twenty wrong passwords in a row, and never told to wait")
		})
	}
}
