package stripe_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
)

func TestLists(t *testing.T) {
	d := start(t)
	var made []string
	for i := range 5 {
		made = append(made, d.mustAuthorize("order-"+strconv.Itoa(i), "pm_card_visa").ID)
	}
	slices.Reverse(made)
	list := func(p *stripego.PaymentIntentListParams) []string {
		t.Helper()
		ids := []string{}
		pages := d.PaymentIntents.List(p)
		for pages.Next() {
			ids = append(ids, pages.PaymentIntent().ID)
		}
		if err := pages.Err(); err != nil {
			t.Fatal(err)
		}
		return ids
	}
	t.Run("NewestFirstThroughAllPages", func(t *testing.T) {
		p := &stripego.PaymentIntentListParams{}
		p.Limit = stripego.Int64(2)
		if got := list(p); !slices.Equal(got, made) {
			t.Fatalf("%v; want %v", got, made)
		}
	})
	t.Run("BeforeACursor", func(t *testing.T) {
		p := &stripego.PaymentIntentListParams{}
		p.EndingBefore, p.Limit, p.Single = &made[3], stripego.Int64(2), true
		if got := list(p); !slices.Equal(got, []string{made[1], made[2]}) && !slices.Equal(got, []string{made[2], made[1]}) {
			t.Fatalf("%v; want %v", got, made[1:3])
		}
	})
	t.Run("ByTime", func(t *testing.T) {
		p := &stripego.PaymentIntentListParams{CreatedRange: &stripego.RangeQueryParams{GreaterThan: time.Now().Add(time.Hour).Unix()}}
		if got := list(p); len(got) != 0 {
			t.Fatalf("from the future: %v", got)
		}
		p.CreatedRange = &stripego.RangeQueryParams{GreaterThanOrEqual: time.Now().Add(-time.Hour).Unix(), LesserThan: time.Now().Add(time.Hour).Unix()}
		if got := list(p); len(got) != 5 {
			t.Fatalf("%v", got)
		}
	})
}

func TestFinding(t *testing.T) {
	d := start(t)
	var made []string
	for i := range 5 {
		made = append(made, d.mustAuthorize("order-"+strconv.Itoa(i), "pm_card_visa").ID)
	}
	t.Run("SearchByOrder", func(t *testing.T) {
		found := d.PaymentIntents.Search(&stripego.PaymentIntentSearchParams{SearchParams: stripego.SearchParams{Query: "metadata['order_id']:'order-3' AND status:'requires_capture'"}})
		if !found.Next() || found.PaymentIntent().ID != made[3] || found.Next() {
			t.Fatalf("found %+v, %v", found.PaymentIntent(), found.Err())
		}
	})
	t.Run("ChargesOfAnIntent", func(t *testing.T) {
		charges := d.Charges.List(&stripego.ChargeListParams{PaymentIntent: &made[0]})
		if !charges.Next() || charges.Charge().PaymentIntent.ID != made[0] || charges.Next() {
			t.Fatalf("%+v, %v", charges.Charge(), charges.Err())
		}
	})
	t.Run("EventsByType", func(t *testing.T) {
		n := 0
		for events := d.Events.List(&stripego.EventListParams{Types: []*string{stripego.String("payment_intent.*")}}); events.Next(); n++ {
			if events.Event().Data.Object["object"] != "payment_intent" {
				t.Fatalf("%+v", events.Event())
			}
		}
		if n != 10 {
			t.Fatalf("%d events; want two for each payment", n)
		}
	})
	t.Run("LedgerByOtherMetadata", func(t *testing.T) {
		var l struct{ Orders []struct{ OrderID string } }
		d.control(http.MethodGet, "/_double/ledger?by=ticket_id&value=none", nil, &l)
		if len(l.Orders) != 0 {
			t.Fatalf("%+v", l)
		}
	})
}

func TestExpand(t *testing.T) {
	d := start(t)
	in := d.mustAuthorize("o", "pm_card_visa")
	p := &stripego.PaymentIntentParams{}
	p.AddExpand("latest_charge.payment_intent")
	p.AddExpand("payment_method")
	p.AddExpand("customer")
	got, err := d.PaymentIntents.Get(in.ID, p)
	if err != nil || got.LatestCharge.Amount != 4200 || got.LatestCharge.PaymentIntent.Amount != 4200 || got.PaymentMethod.Card.Last4 != "4242" {
		t.Fatalf("%+v, %v", got, err)
	}
	l := &stripego.PaymentIntentListParams{}
	l.AddExpand("data.latest_charge")
	pages := d.PaymentIntents.List(l)
	if !pages.Next() || pages.PaymentIntent().LatestCharge.Amount != 4200 {
		t.Fatalf("%+v, %v", pages.PaymentIntent(), pages.Err())
	}
}

func TestUpdate(t *testing.T) {
	d := start(t)
	p := &stripego.PaymentIntentParams{Amount: stripego.Int64(4200), Currency: stripego.String("eur"), PaymentMethodTypes: []*string{stripego.String("card")}, Description: stripego.String("Seat 1")}
	p.AddMetadata("order_id", "o")
	p.AddMetadata("draft", "yes")
	in, err := d.PaymentIntents.New(p)
	if err != nil || in.Status != "requires_payment_method" {
		t.Fatalf("%+v, %v", in, err)
	}
	change := &stripego.PaymentIntentParams{Amount: stripego.Int64(4300), PaymentMethod: stripego.String("pm_card_visa")}
	change.AddMetadata("draft", "")
	change.AddMetadata("seat", "1")
	in, err = d.PaymentIntents.Update(in.ID, change)
	if err != nil {
		t.Fatal(err)
	}
	if in.Amount != 4300 || in.Status != "requires_confirmation" || in.Description != "Seat 1" || len(in.Metadata) != 2 || in.Metadata["seat"] != "1" || in.Metadata["order_id"] != "o" {
		t.Fatalf("%+v", in)
	}
	if in, err = d.PaymentIntents.Confirm(in.ID, nil); err != nil || in.Status != "succeeded" {
		t.Fatalf("%+v, %v", in, err)
	}
}
