package tickets

import (
	"crypto/hmac"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/google/uuid"

	"usher.example/shared/problem"
)

// Pass is what a code at the door stands for: a ticket, and the order that bought it.
type Pass struct{ TicketID, OrderID string }

const (
	passVersion = 1
	idLength    = 16
	// tagLength is how much of the HMAC a code carries, in bytes: 128 bits cannot be guessed, and the code stays short.
	tagLength = 16
	// passLength is a code's length before it is written as text: version, key, ticket, order, tag.
	passLength = 1 + keyID + 2*idLength + tagLength
	// maxPassText bounds what is looked at as a code, in bytes: with all the spaces and dashes people may type.
	maxPassText = 200
)

// Capital letters and digits: what a QR code holds most densely, and a person can read out.
var passText = base32.StdEncoding.WithPadding(base32.NoPadding)

// Code writes the pass so that nobody can make or alter one without the key. It is an HMAC and no public-key signature:
// whoever checks a pass must also note that it was used, so only we can check one anyway.
func (k *Keys) Code(p Pass) string {
	ticket, order := uuid.MustParse(p.TicketID), uuid.MustParse(p.OrderID) // ours: events are checked for ids
	by, _ := hex.DecodeString(k.newest)                                    // ours
	message := slices.Concat([]byte{passVersion}, by, ticket[:], order[:])
	tag, _ := k.mac(message, k.newest)
	return passText.EncodeToString(append(message, tag[:tagLength]...))
}

// Read checks a code and says what it stands for. Spaces, dashes and small letters are forgiven, as it may be typed.
// Anything else about it that is not exactly as we wrote it is Invalid.
func (k *Keys) Read(code string) (Pass, error) {
	if len(code) > maxPassText {
		return Pass{}, notOurs()
	}
	text := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code)))
	raw, err := passText.DecodeString(text)
	if err != nil || len(raw) != passLength || raw[0] != passVersion || passText.EncodeToString(raw) != text {
		return Pass{}, notOurs()
	}
	message, tag := raw[:passLength-tagLength], raw[passLength-tagLength:]
	want, known := k.mac(message, hex.EncodeToString(message[1:1+keyID]))
	if !known || !hmac.Equal(want[:tagLength], tag) {
		return Pass{}, notOurs()
	}
	ids := message[1+keyID:]
	return Pass{TicketID: uuid.UUID(ids[:idLength]).String(), OrderID: uuid.UUID(ids[idLength:]).String()}, nil
}

func notOurs() error {
	return problem.Field("code", "This is not a code of ours: it is forged, or was not copied whole.")
}
