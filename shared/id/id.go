// Package id makes and reads the ids of this system: UUIDv7, which sort by the time they were made.
package id

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// New makes an id for now.
func New() string { return uuid.Must(uuid.NewV7()).String() } // fails only when the system has no randomness: then nothing works

// Valid says whether s is an id as this system writes it: a UUIDv7 in lower-case canonical form.
func Valid(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && u.Version() == 7 && u.Variant() == uuid.RFC4122 && u.String() == s
}

// Time is when a valid id was made, to the millisecond.
func Time(s string) time.Time {
	u, err := uuid.Parse(s)
	if err != nil {
		return time.Time{}
	}
	var ms int64
	for _, b := range u[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms)
}

// First is the smallest id that can have been made at t or later, to the millisecond; no id is made so.
func First(t time.Time) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:], uint64(max(0, t.UnixMilli()))<<16|0x7000)
	u[8] = 0x80
	return u.String()
}
