package e2e

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// recoveryLink is what a mail leads to that lets its reader set a new password.
var recoveryLink = regexp.MustCompile(`(\S+/recover)#([A-Za-z0-9._-]+)`)

// recoveries are the tokens of the mails to a person that let them set a new password, the oldest first.
func (p *person) recoveries() (tokens []string) {
	p.t.Helper()
	paths, err := filepath.Glob(filepath.Join(p.system.data, "mail", "*-password-lost-*.eml"))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, path := range paths { // their names begin with the time
		m := p.system.mail(path)
		if m.Header.Get("To") != "<"+p.email+">" {
			continue
		}
		text := p.system.text(m)
		found := recoveryLink.FindStringSubmatch(text)
		if found == nil || found[1] != p.system.url+"/recover" {
			p.t.Fatalf("the link is %q in\n%s", found, text)
		}
		tokens = append(tokens, found[2])
	}
	return tokens
}

// forgets asks for a mail to set a new password, and returns the token in it.
func (p *person) forgets() string {
	p.t.Helper()
	before := len(p.recoveries())
	p.must(http.StatusAccepted, p.system.stranger().do("POST", "/api/users/recover", map[string]string{"email": p.email}), nil)
	eventually(p.t, "the mail to set a new password is there", func() bool { return len(p.recoveries()) > before })
	return p.recoveries()[before]
}

// recovers sets a new password by a mail's token.
func (p *person) recovers(token, password string) answer {
	return p.do("POST", "/api/users/recover/confirm", map[string]string{"token": token, "password": password})
}

// Who forgot the password sets a new one by a mail, once; the old one is nothing then, no other mail of before is good for anything, and
// the owner is told.
func TestRecovery(t *testing.T) {
	t.Parallel()
	s := start(t)
	const next = "staple apple pencil"
	p, leaving := s.person("forgetful"), s.person("leaving")
	signin := func(password string) answer {
		return s.stranger().do("POST", "/api/users/signin", map[string]string{"email": p.email, "password": password})
	}
	token, other := p.forgets(), p.forgets()
	leavingToken := leaving.forgets()
	leaving.must(http.StatusNoContent, leaving.do("DELETE", "/api/users/current", map[string]string{"password": password}), nil)

	signed := signin(password)
	session, _, _ := strings.Cut(strings.TrimPrefix(signed.header.Get("Set-Cookie"), "session="), ";")
	browser := s.stranger() // on another device than the one that forgot
	for name, bad := range map[string]string{
		"forged": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "altered": token[:len(token)-4] + "AAAA", "cut": token[:len(token)-1],
		"of a session": session, "of who is gone": leavingToken, "empty": "",
	} {
		if doc := browser.refused(http.StatusBadRequest, browser.recovers(bad, next)); doc.Errors[0].Field != "token" || !strings.Contains(doc.Detail, "new mail") {
			t.Errorf("one that is %s is refused with %+v", name, doc)
		}
	}
	for _, weak := range []string{"short", "iloveyou", strings.Repeat("x", 257)} {
		if doc := browser.refused(http.StatusBadRequest, browser.recovers(token, weak)); doc.Errors[0].Field != "password" {
			t.Errorf("%.10s is refused with %+v", weak, doc)
		}
	}
	browser.must(http.StatusOK, browser.recovers(token, next), nil)
	browser.must(http.StatusOK, browser.do("GET", "/api/orders", nil), nil)
	p.refused(http.StatusUnauthorized, signin(password))
	p.must(http.StatusOK, signin(next), nil)
	for _, used := range []string{token, other} {
		if doc := browser.refused(http.StatusBadRequest, browser.recovers(used, "once more, once more")); doc.Errors[0].Field != "token" {
			t.Errorf("used again it is refused with %+v", doc)
		}
	}
	eventually(t, "the owner is told", func() bool { return slices.Contains(s.mails(), "Your password was changed to "+p.email) })
}

// Nobody learns by asking whether an address has an account, and who has none, or has no more, gets no mail.
func TestRecoveryTellsNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	known, gone := s.person("known"), s.person("gone")
	gone.must(http.StatusNoContent, gone.do("DELETE", "/api/users/current", map[string]string{"password": password}), nil)
	s.settle()
	unknown := "unknown-" + known.email
	for range 3 {
		for _, email := range []string{known.email, gone.email, unknown} {
			a := s.stranger().do("POST", "/api/users/recover", map[string]string{"email": email})
			if known.must(http.StatusAccepted, a, nil); len(a.body) > 0 || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %s %v", email, a.body, a.header)
			}
		}
	}
	for _, email := range []string{known.email, gone.email, unknown} {
		a := s.stranger().do("POST", "/api/users/recover", map[string]string{"email": email})
		if known.refused(http.StatusTooManyRequests, a); a.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", email)
		}
	}
	eventually(t, "all mails are there", func() bool { return len(known.recoveries()) == 3 })
	s.settle()
	for _, m := range s.mails() {
		if strings.HasPrefix(m, "Set a new password to ") && m != "Set a new password to "+known.email {
			t.Errorf("there is a mail: %s", m)
		}
	}
	broker := s.stopped("broker")
	for _, email := range []string{"another-" + known.email, "yet-another-" + known.email} { // what cannot be told is not promised
		known.refused(http.StatusServiceUnavailable, s.stranger().do("POST", "/api/users/recover", map[string]string{"email": email}))
	}
	broker.goOn()
}
