package simulation

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var (
	buys      = Person{Steps: []Step{{Do: Order}, {Do: Pay, Method: "pm_card_visa"}}}
	takes     = Person{Steps: []Step{{Do: Order}}}
	drops     = Person{Steps: []Step{{Do: Order}, {Do: Cancel}}}
	edits     = Person{Seller: true, Steps: []Step{{Do: Edit, Price: 4300}}}
	takesBack = Person{Seller: true, Steps: []Step{{Do: Withdraw}}}
)

func TestEnumerate(t *testing.T) {
	for _, w := range []SmallWorld{
		{Name: "TwoBuyers", People: []Person{takes, takes}, Switches: 1},
		{Name: "CancelAndExpiry", People: []Person{drops}, Expiry: true, Switches: 1},
		{Name: "CancelAndCrash", People: []Person{drops}, Crashes: 1, Switches: 0},
		{Name: "EditAndOrder", People: []Person{edits, takes}, Switches: 1},
		{Name: "WithdrawAndOrder", People: []Person{takesBack, takes}, Switches: 1},
		{Name: "PayAndExpiry", People: []Person{buys}, Expiry: true, Switches: 1},
		{Name: "PayAndCrash", People: []Person{buys}, Crashes: 1, Switches: 0},
		{Name: "TwoBuyersOneCancels", People: []Person{drops, takes}, Switches: 1},
		{Name: "TwoBuyersOnePaymentOneExpiry", People: []Person{buys, takes}, Expiry: true, Switches: 1},
		{Name: "TwoBuyersOnePaymentOneExpiry0", People: []Person{buys, takes}, Expiry: true, Switches: 0},
	} {
		t.Run(w.Name, func(t *testing.T) {
			begin := time.Now()
			e := Enumerate(w, 60000)
			fmt.Printf("%+v %d schedules %d rests %d states complete %v %v\n", w.Name, e.Schedules, e.Rests, e.States, e.Complete, time.Since(begin))
			if e.Failure != nil {
				t.Errorf("%v\n%s", e.Failure, strings.Join(e.Timeline, "\n"))
			}
		})
	}
}
