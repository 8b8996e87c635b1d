// Package signing makes the tokens that tell a subscriber that a delivery is the Broker's. It needs nothing of Knative, so that the local
// runtime can make the key without it.
package signing

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// issuer is what the Broker calls itself in its tokens.
	issuer = "usher-broker"
	// tokenLifetime bounds how long a token that somebody got hold of is good for; tokenRenewal is when a new one is
	// made, well before.
	tokenLifetime = 5 * time.Minute
	tokenRenewal  = time.Minute
)

// Signer makes the tokens that tell a subscriber that a delivery is the Broker's: a JWT (RFC 7519, signed by Ed25519 as
// RFC 8037 says) whose audience is the one that the Trigger's subscriber states. Its key is read from a file again with each
// token, so that a new key is taken up without a restart.
type Signer struct {
	path string
	now  func() time.Time

	mu     sync.Mutex
	tokens map[string]issued // by audience
}

type issued struct {
	token string
	at    time.Time
}

// New signs with the key in a file, as ParseKey reads it. The error says that there is no such key.
func New(path string, now func() time.Time) (*Signer, error) {
	s := &Signer{path: path, now: now, tokens: map[string]issued{}}
	_, _, err := s.key()
	return s, err
}

// Token is a token for this audience, good for four minutes at least.
func (s *Signer) Token(audience string) (string, error) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tokens[audience]; ok && now.Sub(t.at) < tokenRenewal {
		return t.token, nil
	}
	key, id, err := s.key()
	if err != nil {
		return "", err
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{
		Issuer: issuer, Audience: jwt.ClaimStrings{audience},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenLifetime)),
	})
	t.Header["kid"] = id
	token, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign for %s: %w", audience, err)
	}
	for other, t := range s.tokens { // of Triggers that are gone
		if now.Sub(t.at) >= tokenRenewal {
			delete(s.tokens, other)
		}
	}
	s.tokens[audience] = issued{token, now}
	return token, nil
}

// key reads the key, and names it as subscribers do: by the start of its public half's SHA-256.
func (s *Signer) key() (key ed25519.PrivateKey, id string, err error) {
	content, err := os.ReadFile(s.path)
	if err != nil {
		return nil, "", fmt.Errorf("the key that signs deliveries: %w", err)
	}
	key, public, err := ParseKey(content)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", s.path, err)
	}
	sum := sha256.Sum256(public)
	return key, hex.EncodeToString(sum[:4]), nil
}

// ParseKey reads a key: Ed25519, PKCS #8 in PEM form, as openssl genpkey -algorithm ed25519 makes it. Its public half is
// the SubjectPublicKeyInfo (RFC 8410), in DER.
func ParseKey(content []byte) (key ed25519.PrivateKey, public []byte, err error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, nil, errKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, nil, errKey
	}
	public, err = x509.MarshalPKIXPublicKey(key.Public())
	return key, public, err
}

// ErrNoKey says that a subscriber wants signed deliveries and the Broker has no key.
var ErrNoKey = errors.New("the subscriber states an audience, and the Broker has no key to sign with (-signing-key-file)")

var errKey = errors.New("it is not an Ed25519 key in PEM form; make one with: openssl genpkey -algorithm ed25519")
