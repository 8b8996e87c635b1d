package session_test

import (
	"strings"
	"testing"
	"time"

	"usher.example/shared/session"
)

func TestCheckRecovery(t *testing.T) {
	lost := session.Recovery{UserID: ann.ID, Epoch: ann.Epoch}
	sign := func(secret string) string {
		token, err := keys(t, secret).SignRecovery(lost, now)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	ofSession, err := keys(t, secret).Sign(ann, now)
	if err != nil {
		t.Fatal(err)
	}
	altered := func(part int) string {
		parts := strings.Split(sign(secret), ".")
		middle := len(parts[part]) / 2
		swap := "A"
		if parts[part][middle] == 'A' {
			swap = "B"
		}
		parts[part] = parts[part][:middle] + swap + parts[part][middle+1:]
		return strings.Join(parts, ".")
	}
	for name, c := range map[string]struct {
		keys, token string
		at          time.Time
		ok          bool
	}{
		"OK":            {secret, sign(secret), now, true},
		"OK/RotatedKey": {other + "," + secret, sign(secret), now, true},
		"OK/LastMoment": {secret, sign(secret), now.Add(session.RecoveryLifetime - time.Second), true},
		"ErrExpired":    {secret, sign(secret), now.Add(session.RecoveryLifetime + time.Minute), false},
		"ErrRetiredKey": {other, sign(secret), now, false},
		"ErrForged":     {secret, sign(other), now, false},
		"ErrSession":    {secret, ofSession, now, false},
		"ErrHeader":     {secret, altered(0), now, false},
		"ErrClaims":     {secret, altered(1), now, false},
		"ErrSignature":  {secret, altered(2), now, false},
		"ErrLonger":     {secret, sign(secret) + "A", now, false},
		"ErrNonsense":   {secret, "nonsense", now, false},
		"ErrEmpty":      {secret, "", now, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := keys(t, c.keys).CheckRecovery(c.token, c.at)
			if (err == nil) != c.ok || c.ok && got != lost {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if u, _, err := keys(t, secret).Check(sign(secret), now); err == nil {
		t.Errorf("the token of a recovery is a session of %+v", u)
	}
	if first, again := sign(secret), sign(secret); first != again {
		t.Error("a mail that is sent again holds another token")
	}
}
