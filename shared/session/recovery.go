package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// RecoveryLifetime is how long after it was asked for a mail lets one set a new password: time enough to look for it.
	RecoveryLifetime = 30 * time.Minute
	// recoveryAudience is whom the token of a recovery is for. It is no session's.
	recoveryAudience = "usher/recovery"
)

// Recovery is what the token in a mail proves: whoever has it reads the mail of the account's owner.
type Recovery struct {
	UserID string // UUIDv7
	// Epoch is that of the account when the mail was asked for. Each change of the password ends it, and with it the token.
	Epoch int64
}

type recoveryClaims struct {
	Epoch int64 `json:"epoch,omitempty"`
	jwt.RegisteredClaims
}

// SignRecovery makes the token of a recovery that was asked for at a time.
func (k *Keys) SignRecovery(r Recovery, asked time.Time) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, recoveryClaims{r.Epoch, jwt.RegisteredClaims{
		Issuer: issuer, Audience: jwt.ClaimStrings{recoveryAudience}, Subject: r.UserID, ExpiresAt: jwt.NewNumericDate(asked.Add(RecoveryLifetime)),
	}})
	t.Header["kid"] = k.signing
	return t.SignedString(forRecovery(k.byID[k.signing]))
}

// CheckRecovery reads the token of a recovery. Any fault in it is an error: it was not ours, not for this, or its time is over.
func (k *Keys) CheckRecovery(token string, now time.Time) (Recovery, error) {
	var c recoveryClaims
	if err := k.parse(token, &c, now, forRecovery, jwt.WithAudience(recoveryAudience), jwt.WithStrictDecoding()); err != nil {
		return Recovery{}, fmt.Errorf("check recovery: %w", err)
	}
	if c.Subject == "" {
		return Recovery{}, errors.New("check recovery: no subject")
	}
	return Recovery{c.Subject, c.Epoch}, nil
}

// forRecovery makes another key of a session's, so that whoever forgets to look at the audience takes neither token for the other.
func forRecovery(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(recoveryAudience))
	return mac.Sum(nil)
}
