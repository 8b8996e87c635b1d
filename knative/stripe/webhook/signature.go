// Package webhook tells the application what happened: signed events, sent at
// least once, in no order that may be relied on.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// SignatureHeader carries the signature of a webhook.
const SignatureHeader = "Stripe-Signature"

// Sign returns the value of SignatureHeader for a payload sent at a time: the time
// in Unix seconds, and the HMAC-SHA256 of "time.payload" with the whole webhook
// secret, whsec_ included, as the key.
func Sign(payload []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.", at.Unix()) // a hash takes everything
	_, _ = mac.Write(payload)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
