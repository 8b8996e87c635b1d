package orders

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/problem"
)

// mine is an order that was made so long ago, named after its age.
func mine(age time.Duration, s events.OrderStatus) events.Order {
	made := now.Add(-age)
	return events.Order{ID: fmt.Sprintf("%06.0f", 1e5-age.Seconds()), Status: s, CreatedAt: made, ExpiresAt: made.Add(15 * time.Minute)}
}

func several(n int, s events.OrderStatus) (all []events.Order) {
	for i := range n {
		all = append(all, mine(time.Duration(i)*time.Minute, s))
	}
	return all
}

func TestAdmit(t *testing.T) {
	l := Limits{Holds: 2, Reservations: 5, Window: 15 * time.Minute}
	for name, c := range map[string]struct {
		recent []events.Order
		want   problem.Code
		wait   time.Duration
	}{
		"OK/First":           {nil, "", 0},
		"OK/OneHeld":         {several(1, events.OrderIsAwaiting), "", 0},
		"OK/Paid":            {several(4, events.OrderIsComplete), "", 0},
		"OK/Cancelled":       {several(4, events.OrderIsCancelled), "", 0},
		"OK/Expired":         {[]events.Order{mine(15*time.Minute, events.OrderIsAwaiting), mine(16*time.Minute, events.OrderIsCreated)}, "", 0},
		"OK/LongAgo":         {[]events.Order{mine(15*time.Minute, events.OrderIsCancelled), mine(16*time.Minute, events.OrderIsCancelled), mine(17*time.Minute, events.OrderIsCancelled), mine(18*time.Minute, events.OrderIsCancelled), mine(19*time.Minute, events.OrderIsCancelled)}, "", 0},
		"Held":               {several(2, events.OrderIsAwaiting), problem.Conflict, 0},
		"HeldUnconfirmed":    {[]events.Order{mine(0, events.OrderIsCreated), mine(time.Minute, events.OrderIsAwaiting)}, problem.Conflict, 0},
		"TooMany":            {several(5, events.OrderIsCancelled), problem.TooMany, 11 * time.Minute},
		"TooMany/PaidCount":  {several(6, events.OrderIsComplete), problem.TooMany, 11 * time.Minute}, // the fifth newest makes room
		"HeldBeforeTooMany":  {append(several(2, events.OrderIsAwaiting), several(5, events.OrderIsCancelled)...), problem.Conflict, 0},
		"TooMany/LastMoment": {append(several(4, events.OrderIsCancelled), mine(15*time.Minute-time.Second, events.OrderIsCancelled)), problem.TooMany, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			err := l.Admit(c.recent, now)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var p *problem.Error
			if !errors.As(err, &p) || p.Code != c.want || p.RetryAfter != c.wait || p.Items[0].Code == "" {
				t.Errorf("got %+v, want %s after %s", err, c.want, c.wait)
			}
		})
	}
	t.Run("AnyNumber", func(t *testing.T) {
		if err := (Limits{Holds: 2, Window: time.Hour}).Admit(several(50, events.OrderIsCancelled), now); err != nil {
			t.Error(err)
		}
	})
}

// Whoever looks last sees all: the oldest stay, and all who look agree on which those are.
func TestExcess(t *testing.T) {
	l := Limits{Holds: 2, Window: 15 * time.Minute}
	twins := []events.Order{mine(time.Minute, events.OrderIsCreated), mine(time.Minute, events.OrderIsCreated), mine(time.Minute, events.OrderIsCreated)}
	for i, id := range []string{"b", "c", "a"} {
		twins[i].ID = id
	}
	for name, c := range map[string]struct {
		recent []events.Order
		want   string
	}{
		"None":        {nil, "[]"},
		"AsMany":      {several(2, events.OrderIsAwaiting), "[]"},
		"Newest":      {several(4, events.OrderIsAwaiting), fmt.Sprint([]string{several(2, "")[1].ID, several(1, "")[0].ID})},
		"OverOnes":    {append(several(2, events.OrderIsAwaiting), several(9, events.OrderIsCancelled)...), "[]"},
		"PaidOnes":    {append(several(2, events.OrderIsAwaiting), several(9, events.OrderIsComplete)...), "[]"},
		"ExpiredOnes": {append(several(2, events.OrderIsAwaiting), mine(time.Hour, events.OrderIsAwaiting)), "[]"},
		"SameMoment":  {twins, "[c]"},
	} {
		t.Run(name, func(t *testing.T) {
			ids := []string{}
			for _, o := range l.Excess(c.recent, now) {
				ids = append(ids, o.ID)
			}
			if got := fmt.Sprint(ids); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestBeyond(t *testing.T) {
	l := Limits{Holds: 1, Window: 15 * time.Minute}
	first, second := mine(time.Second, events.OrderIsAwaiting), mine(0, events.OrderIsCreated)
	ended := second
	ended.Status, ended.Reason = events.OrderIsCancelled, events.CancelledByBuyer
	for name, c := range map[string]struct {
		recent []events.Order
		want   bool
	}{
		"Alone":           {[]events.Order{second}, false},
		"OneOfTheExcess":  {[]events.Order{second, first}, true},
		"EndedByAnother":  {[]events.Order{ended, first}, true},
		"CancelledByHand": {[]events.Order{ended}, false},
		"NotSeen":         {[]events.Order{first}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := l.Beyond(c.recent, second.ID, now); (err != nil) != c.want || err != nil && !problem.Is(err, problem.Conflict) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLimitSettings(t *testing.T) {
	for setting, want := range map[string]Limits{
		"":                   {defaultHolds, defaultReservations, time.Minute},
		"MAX_HOLDS=1":        {1, defaultReservations, time.Minute},
		"MAX_RESERVATIONS=0": {defaultHolds, 0, time.Minute},
		"MAX_HOLDS=0":        {}, "MAX_HOLDS=101": {}, "MAX_HOLDS=four": {}, "MAX_RESERVATIONS=-1": {},
	} {
		t.Run(setting, func(t *testing.T) {
			env := &function.Env{Getenv: func(name string) string {
				if len(setting) > len(name) && setting[:len(name)+1] == name+"=" {
					return setting[len(name)+1:]
				}
				return ""
			}}
			got, err := limits(env, time.Minute)
			if (err != nil) != (want == Limits{}) || err == nil && got != want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
