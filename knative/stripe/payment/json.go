package payment

import (
	"bytes"
	"encoding/json"
)

// Text is a text that Stripe writes as null while it is empty.
type Text string

// MarshalJSON writes null for "".
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// UnmarshalJSON reads null as "".
func (t *Text) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		*t = ""
		return nil
	}
	return json.Unmarshal(raw, (*string)(t))
}

// Stamp is a Unix time in seconds that Stripe writes as null while it is unset.
type Stamp int64

// MarshalJSON writes null for 0.
func (s Stamp) MarshalJSON() ([]byte, error) {
	if s == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(int64(s))
}

// UnmarshalJSON reads null as 0.
func (s *Stamp) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		*s = 0
		return nil
	}
	return json.Unmarshal(raw, (*int64)(s))
}

// Absent is a field of Stripe's objects that the test double has no use for: it is
// always null.
type Absent struct{}

// MarshalJSON writes null.
func (Absent) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// UnmarshalJSON ignores what is there.
func (*Absent) UnmarshalJSON([]byte) error { return nil }
