package signing

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// writeKey puts the key of a seed into the file.
func writeKey(t *testing.T, path string, seed byte) ed25519.PublicKey {
	t.Helper()
	key := ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), seed))
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return key.Public().(ed25519.PublicKey)
}

func TestSigner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	if _, err := New(path, clock); err == nil {
		t.Fatal("a signer without a key")
	}
	old := writeKey(t, path, 1)
	s, err := New(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	token := func(audience string) string {
		t.Helper()
		token, err := s.Token(audience)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	signedBy := func(token string, key ed25519.PublicKey) error {
		_, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"EdDSA"}),
			jwt.WithIssuer(issuer), jwt.WithAudience("a"), jwt.WithExpirationRequired(), jwt.WithTimeFunc(clock))
		return err
	}
	first := token("a")
	if err := signedBy(first, old); err != nil {
		t.Errorf("its token: %v", err)
	}
	if signedBy(token("b"), old) == nil {
		t.Error("the token for b is good for a")
	}
	current := writeKey(t, path, 2)
	if token("a") != first {
		t.Error("a token is made anew for each delivery")
	}
	now = now.Add(tokenRenewal)
	if err := signedBy(token("a"), current); err != nil {
		t.Errorf("a minute after the key was changed: %v", err)
	}
	if len(s.tokens) != 1 {
		t.Errorf("%d tokens are kept", len(s.tokens))
	}
	now = now.Add(tokenLifetime)
	if signedBy(first, old) == nil {
		t.Error("a token is good for ever")
	}
	for _, damaged := range []string{"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Token("c"); err == nil {
			t.Errorf("signed with %q", damaged)
		}
	}
}
