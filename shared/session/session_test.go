package session_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher.example/shared/session"
)

var (
	now    = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	ann    = session.User{ID: "01990000-0000-7000-8000-000000000001", Email: "ann@example.com", Epoch: 3}
	secret = strings.Repeat("a", 32)
	other  = strings.Repeat("b", 32)
)

func keys(t *testing.T, secret string) *session.Keys {
	t.Helper()
	k, err := session.ParseKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestCheck(t *testing.T) {
	sign := func(secret string) string {
		token, err := keys(t, secret).Sign(ann, now)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	none := "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIiwiaXNzIjoidXNoZXIiLCJleHAiOjQxMDI0NDQ4MDB9."
	for name, c := range map[string]struct {
		keys, token string
		at          time.Time
		ok          bool
	}{
		"OK":             {secret, sign(secret), now, true},
		"OK/RotatedKey":  {other + "," + secret, sign(secret), now, true},
		"OK/LastMoment":  {secret, sign(secret), now.Add(session.Lifetime - time.Second), true},
		"ErrExpired":     {secret, sign(secret), now.Add(session.Lifetime + time.Minute), false},
		"ErrRetiredKey":  {other, sign(secret), now, false},
		"ErrUnsigned":    {secret, none, now, false},
		"ErrTampered":    {secret, sign(secret)[:40] + "x" + sign(secret)[41:], now, false},
		"ErrNonsense":    {secret, "nonsense", now, false},
		"ErrEmpty":       {secret, "", now, false},
		"ErrOtherSecret": {secret, sign(other), now, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, began, err := keys(t, c.keys).Check(c.token, c.at)
			if (err == nil) != c.ok || c.ok && (got != ann || !began.Equal(now)) {
				t.Errorf("got %+v since %s, %v", got, began, err)
			}
		})
	}
}

func TestParseKeys(t *testing.T) {
	for _, bad := range []string{"", "short", secret + ",short"} {
		if _, err := session.ParseKeys(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// Over HTTPS the cookie has the prefix that browsers let no other host and no plain HTTP set, and none without it counts.
func TestHostPrefix(t *testing.T) {
	k := keys(t, secret)
	token, err := k.Sign(ann, now)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		proto, cookie string
		ok            bool
	}{
		"OK/HTTPS":         {"https", "__Host-session", true},
		"OK/HTTP":          {"http", "session", true},
		"ErrPlainOnHTTPS":  {"https", "session", false},
		"ErrPrefixOnHTTP":  {"http", "__Host-session", false},
		"ErrAnotherCookie": {"https", "other", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("X-Forwarded-Proto", c.proto)
			r.AddCookie(&http.Cookie{Name: c.cookie, Value: token})
			if got, _, ok := k.FromRequest(r, now); ok != c.ok || ok && got != ann {
				t.Errorf("got %+v, %v", got, ok)
			}
			if set := session.Cookie(r, token); c.ok && (set.Name != c.cookie || set.Path != "/" || set.Domain != "") {
				t.Errorf("set as %+v", set)
			}
		})
	}
}

func TestCookie(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if c := session.Cookie(r, "x"); !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.MaxAge <= 0 {
		t.Errorf("got %+v", c)
	}
	r.Header.Set("X-Forwarded-Proto", "https")
	if c := session.Cookie(r, "x"); !c.Secure {
		t.Error("over HTTPS the cookie is not Secure")
	}
	if c := session.Cookie(r, ""); c.MaxAge >= 0 {
		t.Errorf("signing out leaves %+v", c)
	}
}
