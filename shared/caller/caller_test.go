package caller_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"usher.example/shared/caller"
	"usher.example/shared/problem"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// pair is a key of a Broker, from its seed.
func pair(t *testing.T, seed byte) (private ed25519.PrivateKey, public, kid string) {
	t.Helper()
	private = ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), seed))
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return private, base64.StdEncoding.EncodeToString(der), hex.EncodeToString(sum[:4])
}

func TestCallerIsTheBroker(t *testing.T) {
	old, oldPublic, oldID := pair(t, 1)
	current, currentPublic, currentID := pair(t, 2)
	stranger, strangerPublic, _ := pair(t, 3)
	keys, err := caller.ParseKeys(currentPublic + ", " + oldPublic)
	if err != nil {
		t.Fatal(err)
	}
	good := jwt.MapClaims{"iss": "usher-broker", "aud": "tickets-on-order", "exp": now.Add(time.Minute).Unix()}
	with := func(name string, value any) jwt.MapClaims {
		c := jwt.MapClaims{}
		for k, v := range good {
			c[k] = v
		}
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	sign := func(method jwt.SigningMethod, claims jwt.MapClaims, kid string, key any) string {
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = kid
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + signed
	}
	eddsa := jwt.SigningMethodEdDSA
	for name, c := range map[string]struct {
		authorization string
		ok            bool
	}{
		"OK":                {sign(eddsa, good, currentID, current), true},
		"OK/RotatedKey":     {sign(eddsa, good, oldID, old), true},
		"OK/SlowClock":      {sign(eddsa, with("exp", now.Add(-20*time.Second).Unix()), currentID, current), true},
		"None":              {"", false},
		"Basic":             {"Basic dXNlcjpwYXNz", false},
		"Garbage":           {"Bearer x.y.z", false},
		"UnknownKey":        {sign(eddsa, good, "00000000", stranger), false},
		"ForgedKeyID":       {sign(eddsa, good, currentID, stranger), false},
		"AnotherFunction":   {sign(eddsa, with("aud", "orders-on-payment"), currentID, current), false},
		"NoAudience":        {sign(eddsa, with("aud", nil), currentID, current), false},
		"AnotherIssuer":     {sign(eddsa, with("iss", "usher"), currentID, current), false},
		"Expired":           {sign(eddsa, with("exp", now.Add(-time.Minute).Unix()), currentID, current), false},
		"NeverExpires":      {sign(eddsa, with("exp", nil), currentID, current), false},
		"AlgorithmNone":     {sign(jwt.SigningMethodNone, good, currentID, jwt.UnsafeAllowNoneSignatureType), false},
		"PublicKeyAsSecret": {sign(jwt.SigningMethodHS256, good, currentID, []byte(currentPublic)), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			if c.authorization != "" {
				r.Header.Set("Authorization", c.authorization)
			}
			err := keys.Check(r, "tickets-on-order", now)
			if (err == nil) != c.ok {
				t.Fatalf("got %v", err)
			}
			if err != nil && problem.From(err).Code != problem.Unauthenticated {
				t.Errorf("got %v", problem.From(err).Code)
			}
		})
	}
	for _, list := range []string{"", currentPublic + ",", "%%%", base64.StdEncoding.EncodeToString([]byte("no key")), "-----BEGIN PUBLIC KEY-----" + strangerPublic} {
		if _, err := caller.ParseKeys(list); err == nil {
			t.Errorf("ParseKeys(%q) takes it", list)
		}
	}
}
