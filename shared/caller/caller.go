// Package caller says whether who calls an event function is the Broker: each delivery carries a token (JWT, RFC 7519) that the Broker
// signed for that function alone. A function holds the public key, so none of them can speak for the Broker to another.
package caller

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
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
	// Setting is the environment variable that ParseKeys reads.
	Setting = "BROKER_PUBLIC_KEYS"
	// issuer is what the Broker calls itself in its tokens.
	issuer = "usher-broker"
	// leeway forgives clocks of different machines.
	leeway = 30 * time.Second
	scheme = "Bearer "
)

// Keys check tokens of the Broker. Each of them is good, so that a new one beside the old lets the Broker change over.
type Keys struct {
	byID map[string]ed25519.PublicKey
}

// ParseKeys reads BROKER_PUBLIC_KEYS: Ed25519 keys (base64 of their SubjectPublicKeyInfo, RFC 8410), separated by commas.
func ParseKeys(list string) (*Keys, error) {
	k := &Keys{byID: map[string]ed25519.PublicKey{}}
	for part := range strings.SplitSeq(list, ",") {
		der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", Setting, errKey)
		}
		key, err := x509.ParsePKIXPublicKey(der)
		public, ok := key.(ed25519.PublicKey)
		if err != nil || !ok {
			return nil, fmt.Errorf("%s: %w", Setting, errKey)
		}
		sum := sha256.Sum256(der)
		k.byID[hex.EncodeToString(sum[:4])] = public
	}
	return k, nil
}

var (
	errKey        = errors.New("each key is the base64 of an Ed25519 public key, as it is printed by: openssl pkey -in KEY -pubout | sed /----/d")
	errUnknownKey = errors.New("signed by a key we do not have")
)

// Check says whether the request is a delivery of the Broker to the function of this name. Its error is Unauthenticated.
func (k *Keys) Check(r *http.Request, function string, now time.Time) error {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), scheme)
	if !ok {
		return problem.New(problem.Unauthenticated, "Events are taken from the Broker alone, and this request has no token of it.")
	}
	_, err := jwt.Parse(token, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, ok := k.byID[kid]
		if !ok {
			return nil, errUnknownKey
		}
		return key, nil
	}, jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(issuer), jwt.WithAudience(function),
		jwt.WithExpirationRequired(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return problem.New(problem.Unauthenticated, "Events are taken from the Broker alone, and this token is none of it for this function.").Because(err)
	}
	return nil
}
