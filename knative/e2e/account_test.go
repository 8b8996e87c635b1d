package e2e

import (
	"net/http"
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
}
