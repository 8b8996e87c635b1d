package session

import (
	"testing"

	"usher.example/events"
)

func TestHolds(t *testing.T) {
	at := func(epoch int64, status events.UserStatus) *account {
		return &account{events.User{ID: "a", Status: status, Epoch: epoch}}
	}
	for name, c := range map[string]struct {
		account *account
		epoch   int64
		want    bool
	}{
		"OK":             {at(0, events.UserIsActive), 0, true},
		"OK/SameEpoch":   {at(3, events.UserIsActive), 3, true},
		"OK/Closing":     {at(3, events.UserIsClosing), 3, true},
		"OK/NoAccount":   {nil, 0, true}, // opened before accounts were kept by id
		"ErrOldEpoch":    {at(3, events.UserIsActive), 2, false},
		"ErrDeleted":     {at(3, events.UserIsDeleted), 3, false},
		"ErrForeignTime": {nil, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := holds(c.account, User{ID: "a", Epoch: c.epoch}); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
