// Package session says who is asking: a signed token (JWT) in a cookie that scripts cannot read.
package session

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"usher.example/shared/problem"
)

const (
	// CookieName is the cookie that carries the token to and from plain HTTP, which is one's own machine.
	CookieName = "session"
	// SecureCookieName is that cookie over HTTPS. Browsers take this prefix only from the very host, over HTTPS, for all paths: neither a
	// neighbouring host nor somebody on the line can put a session of theirs in its place (RFC 6265bis, 4.1.3).
	SecureCookieName = "__Host-" + CookieName
	// Lifetime is how long one stays signed in.
	Lifetime = 7 * 24 * time.Hour
	// leeway forgives clocks of different machines.
	leeway = 30 * time.Second
	// minSecret is the least length of a key, in bytes: HS256 wants as much as its hash gives.
	minSecret = 32
	issuer    = "usher"
	// Accounts names the table of accounts, by the id of their users.
	Accounts = "accounts"
)

// User is who is signed in.
type User struct {
	ID    string // UUIDv7
	Email string // normalised
	Role  string // empty for people, Operator for who runs the place
	// Epoch is that of the account when the session began. The account's grows with each change of the password, and ends
	// the sessions of earlier ones.
	Epoch int64
}

// Operator is the role of who runs the place: it may refund, and decide about dead letters.
const Operator = "operator"

// Keys sign and check tokens. The first key signs; all of them check, so that a new key in front of the old one signs
// nobody out.
type Keys struct {
	signing string
	byID    map[string][]byte
}

// ParseKeys reads JWT_SECRET_KEY: one secret of at least 32 characters, or several separated by commas, the newest first.
func ParseKeys(secret string) (*Keys, error) {
	k := &Keys{byID: map[string][]byte{}}
	for part := range strings.SplitSeq(secret, ",") {
		part = strings.TrimSpace(part)
		if len(part) < minSecret {
			return nil, fmt.Errorf("JWT_SECRET_KEY: each key needs at least %d characters; make one with: openssl rand -hex 32", minSecret)
		}
		sum := sha256.Sum256([]byte(part))
		kid := hex.EncodeToString(sum[:4])
		if k.signing == "" {
			k.signing = kid
		}
		k.byID[kid] = []byte(part)
	}
	return k, nil
}

type claims struct {
	Email string `json:"email"`
	Role  string `json:"role,omitempty"`
	Epoch int64  `json:"epoch,omitempty"`
	jwt.RegisteredClaims
}

// Sign makes the token of a session that begins now.
func (k *Keys) Sign(u User, now time.Time) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{u.Email, u.Role, u.Epoch, jwt.RegisteredClaims{
		Issuer: issuer, Subject: u.ID,
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(Lifetime)),
	}})
	t.Header["kid"] = k.signing
	return t.SignedString(k.byID[k.signing])
}

// Over says that a session is over: there is nobody behind it any more.
func Over() error { return problem.New(problem.Unauthenticated, "Please sign in first.") }

var errUnknownKey = errors.New("signed by a key we do not have")

// Check reads a token, and when its session began. Any fault in it is an error: it was not ours, or its time is over.
func (k *Keys) Check(token string, now time.Time) (u User, began time.Time, err error) {
	var c claims
	if err := k.parse(token, &c, now, func(key []byte) []byte { return key }); err != nil {
		return User{}, time.Time{}, fmt.Errorf("check session: %w", err)
	}
	if c.Subject == "" {
		return User{}, time.Time{}, errors.New("check session: no subject")
	}
	if c.IssuedAt != nil {
		began = c.IssuedAt.Time
	}
	return User{ID: c.Subject, Email: c.Email, Role: c.Role, Epoch: c.Epoch}, began, nil
}

// parse checks the signature of a token of ours, by what of makes of the key that it names, its time and its issuer.
func (k *Keys) parse(token string, into jwt.Claims, now time.Time, of func(key []byte) []byte, also ...jwt.ParserOption) error {
	_, err := jwt.ParseWithClaims(token, into, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, ok := k.byID[kid]
		if !ok {
			return nil, errUnknownKey
		}
		return of(key), nil
	}, append(also, jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(issuer), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(func() time.Time { return now }))...)
	return err
}

// FromRequest says who sent the request, and when their session began; ok is false where nobody is signed in, or not any
// more. Whether the account has ended the session since, Standing says.
func (k *Keys) FromRequest(r *http.Request, now time.Time) (u User, began time.Time, ok bool) {
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return User{}, time.Time{}, false
	}
	u, began, err = k.Check(c.Value, now)
	return u, began, err == nil
}

// secure says whether the person came by HTTPS.
func secure(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

func cookieName(r *http.Request) string {
	if secure(r) {
		return SecureCookieName
	}
	return CookieName
}

// Cookie carries a token; an empty one signs out. Secure is set, and its name says so, where the person came by HTTPS.
func Cookie(r *http.Request, token string) *http.Cookie {
	c := &http.Cookie{
		Name: cookieName(r), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: secure(r), MaxAge: int(Lifetime / time.Second),
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
