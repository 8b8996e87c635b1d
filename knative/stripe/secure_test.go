package stripe_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	stripego "github.com/stripe/stripe-go/v76"

	"usher.example/knative/stripe"
)

// bank answers the bank's page as the buyer's browser does.
func (d *double) bank(in *stripego.PaymentIntent, outcome string) *http.Response {
	d.t.Helper()
	page := in.NextAction.RedirectToURL.URL
	path, ok := strings.CutPrefix(page, d.url)
	if !ok {
		d.t.Fatalf("the bank's page %s is not at %s", page, d.url)
	}
	res, body := d.call(http.MethodGet, path, "")
	if res.StatusCode != 200 || !strings.Contains(string(body), "42.00 usd") || strings.Contains(string(body), "<script") {
		d.t.Fatalf("the bank's page is %s: %s", res.Status, body)
	}
	if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		d.t.Fatalf("the bank's page has the policy %q", policy)
	}
	form := url.Values{"outcome": {outcome}, "payment_intent_client_secret": {in.ClientSecret}}
	res, _ = d.call(http.MethodPost, strings.Split(path, "?")[0], form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", d.url, "Sec-Fetch-Site", "same-origin")
	return res
}

func TestThreeDSecure(t *testing.T) {
	d := start(t)
	for _, test := range []struct {
		name, method, outcome string
		redirect              string
		status                stripego.PaymentIntentStatus
		code                  stripego.ErrorCode
		held                  int64
	}{
		{"Approved", "pm_card_threeDSecure2Required", "approve", "succeeded", "requires_capture", "", 4200},
		{"Refused", "pm_card_threeDSecure2Required", "refuse", "failed", "requires_payment_method", "payment_intent_authentication_failure", 0},
		{"ApprovedAndDeclined", "pm_card_threeDSecureRequiredChargeDeclined", "approve", "failed", "requires_payment_method", "card_declined", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := d.mustAuthorize(test.name, test.method)
			if in.Status != "requires_action" || in.NextAction == nil || in.NextAction.Type != "redirect_to_url" {
				t.Fatalf("the intent asks for nothing: %+v", in)
			}
			if s := d.sums(test.name); s.Held != 0 {
				t.Fatalf("money is held before the buyer approved: %+v", s)
			}
			res := d.bank(in, test.outcome)
			back, err := url.Parse(res.Header.Get("Location"))
			if res.StatusCode != http.StatusSeeOther || err != nil {
				t.Fatalf("%s to %q", res.Status, res.Header.Get("Location"))
			}
			if q := back.Query(); back.Host != "shop.example" || back.Fragment != "top" || q.Get("tab") != "a" || q.Get("payment_intent") != in.ID || q.Get("redirect_status") != test.redirect {
				t.Fatalf("the buyer is sent to %s", back)
			}
			now, err := d.PaymentIntents.Get(in.ID, nil)
			if err != nil || now.Status != test.status || now.NextAction != nil {
				t.Fatalf("%+v, %v", now, err)
			}
			if test.code != "" && (now.LastPaymentError == nil || now.LastPaymentError.Code != test.code) {
				t.Fatalf("last error %+v", now.LastPaymentError)
			}
			if s := d.sums(test.name); s.Held != test.held {
				t.Fatalf("%+v", s)
			}
			if now.Status == "requires_capture" {
				if res, _ := d.call(http.MethodGet, strings.TrimPrefix(in.NextAction.RedirectToURL.URL, d.url), ""); res.StatusCode != http.StatusConflict {
					t.Fatalf("the bank asks again: %s", res.Status)
				}
			}
		})
	}
}

func TestThreeDSecureNeedsTheBuyer(t *testing.T) {
	d := start(t)
	in := d.mustAuthorize("o", "pm_card_threeDSecure2Required")
	t.Run("WithTheIntentsSecret", func(t *testing.T) {
		res, _ := d.call(http.MethodGet, "/_double/bank/"+in.ID+"?payment_intent_client_secret=wrong", "")
		if res.StatusCode != http.StatusNotFound {
			t.Fatalf("a stranger sees the bank's page: %s", res.Status)
		}
		form := "outcome=approve&payment_intent_client_secret=wrong"
		if res, _ = d.call(http.MethodPost, "/_double/bank/"+in.ID, form, "Content-Type", "application/x-www-form-urlencoded"); res.StatusCode != http.StatusNotFound {
			t.Fatalf("a stranger approved: %s", res.Status)
		}
	})
	t.Run("AndNotFromAnotherSite", func(t *testing.T) {
		form := url.Values{"outcome": {"approve"}, "payment_intent_client_secret": {in.ClientSecret}}.Encode()
		res, _ := d.call(http.MethodPost, "/_double/bank/"+in.ID, form, "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://evil.example")
		if res.StatusCode != http.StatusForbidden {
			t.Fatalf("another site approved: %s", res.Status)
		}
	})
	t.Run("WhoIsThere", func(t *testing.T) {
		_, err := d.PaymentIntents.New(&stripego.PaymentIntentParams{
			Amount: stripego.Int64(4200), Currency: stripego.String("usd"), PaymentMethodTypes: []*string{stripego.String("card")}, PaymentMethod: stripego.String("pm_card_authenticationRequired"),
			Confirm: stripego.Bool(true), OffSession: stripego.Bool(true),
		})
		if e := refusal(t, err); e.Code != "authentication_required" || e.DeclineCode != "authentication_required" {
			t.Fatalf("%+v", e)
		}
	})
	t.Run("OrTheControl", func(t *testing.T) {
		d.control(http.MethodPost, "/_double/payments/"+in.ID+"/authenticate", map[string]string{"outcome": "approve"}, nil)
		if s := d.sums("o"); s.Held != 4200 {
			t.Fatalf("%+v", s)
		}
	})
}

// A browser holds the publishable key and the secret of one intent.
func TestBrowserConfirms(t *testing.T) {
	d := start(t)
	p := &stripego.PaymentIntentParams{Amount: stripego.Int64(4200), Currency: stripego.String("usd"), PaymentMethodTypes: []*string{stripego.String("card")}, CaptureMethod: stripego.String("manual")}
	p.AddMetadata("order_id", "o")
	in, err := d.PaymentIntents.New(p)
	if err != nil {
		t.Fatal(err)
	}
	path := "/v1/payment_intents/" + in.ID
	res, _ := d.call(http.MethodOptions, path+"/confirm", "", "Origin", "http://shop.example", "Access-Control-Request-Method", "POST")
	if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("the browser may not call: %s %v", res.Status, res.Header)
	}
	if status, e := d.refused(http.MethodGet, path, "", "Authorization", "Bearer "+d.public); status != 400 || e.Param != "client_secret" {
		t.Fatalf("without the secret: %d %+v", status, e)
	}
	if status, e := d.refused(http.MethodGet, path+"?client_secret=wrong", "", "Authorization", "Bearer "+d.public); status != 400 || e.Code != "payment_intent_invalid_parameter" {
		t.Fatalf("with a wrong secret: %d %+v", status, e)
	}
	if status, _ := d.refused(http.MethodPost, path+"/capture", "client_secret="+in.ClientSecret, "Authorization", "Bearer "+d.public, "Content-Type", formType); status != 401 {
		t.Fatalf("the browser may capture: %d", status)
	}
	card := url.Values{
		"key": {d.public}, "client_secret": {in.ClientSecret}, "payment_method_data[type]": {"card"}, "payment_method_data[card][number]": {"4242 4242 4242 4242"},
		"payment_method_data[card][exp_month]": {"12"}, "payment_method_data[card][exp_year]": {"50"}, "payment_method_data[card][cvc]": {"123"},
		"payment_method_data[billing_details][name]": {"Ada"}, "expand[]": {"payment_method"},
	}
	res, body := d.call(http.MethodPost, path+"/confirm", card.Encode(), "Content-Type", formType, "Origin", "http://shop.example")
	var shown map[string]any
	if err := json.Unmarshal(body, &shown); err != nil || res.StatusCode != 200 || shown["status"] != "requires_capture" {
		t.Fatalf("%s: %s", res.Status, body)
	}
	if _, ok := shown["metadata"]; ok {
		t.Error("the browser sees the shop's metadata")
	}
	if strings.Contains(string(body), "424242424242") {
		t.Errorf("the card's number comes back: %s", body)
	}
	if s := d.sums("o"); s.Held != 4200 {
		t.Fatalf("%+v", s)
	}
}

func TestPaymentMethodFromANumberPays(t *testing.T) {
	d := start(t)
	m, err := d.PaymentMethods.New(&stripego.PaymentMethodParams{
		Type: stripego.String("card"),
		Card: &stripego.PaymentMethodCardParams{Number: stripego.String("4000000000009995"), ExpMonth: stripego.Int64(1), ExpYear: stripego.Int64(2050), CVC: stripego.String("123")},
	})
	if err != nil || m.Card.Last4 != "9995" || m.Card.Brand != "visa" {
		t.Fatalf("%+v, %v", m, err)
	}
	_, err = d.authorize("o", m.ID)
	if e := refusal(t, err); e.DeclineCode != "insufficient_funds" {
		t.Fatalf("%+v", e)
	}
	byToken, err := d.PaymentMethods.New(&stripego.PaymentMethodParams{Type: stripego.String("card"), Card: &stripego.PaymentMethodCardParams{Token: stripego.String("tok_mastercard")}})
	if err != nil || byToken.Card.Brand != "mastercard" {
		t.Fatalf("%+v, %v", byToken, err)
	}
	if _, err := d.authorize("token", byToken.ID); err != nil {
		t.Fatal(err)
	}
}

func TestPageListsPayments(t *testing.T) {
	d := start(t)
	empty, body := d.call(http.MethodGet, "/", "")
	if empty.StatusCode != 200 || !strings.Contains(string(body), "Nobody has paid yet") || !strings.Contains(string(body), "test double, not Stripe") {
		t.Fatalf("%s: %s", empty.Status, body)
	}
	in := d.mustAuthorize("<b>order</b>", "pm_card_threeDSecure2Required")
	_, body = d.call(http.MethodGet, "/", "")
	for _, want := range []string{in.ID, "&lt;b&gt;order&lt;/b&gt;", "42.00 usd", "/_double/bank/" + in.ID + "?payment_intent_client_secret=" + in.ClientSecret} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	if style, _ := d.call(http.MethodGet, "/_double/style.css", ""); style.StatusCode != 200 || !strings.HasPrefix(style.Header.Get("Content-Type"), "text/css") {
		t.Errorf("the style is %s %s", style.Status, style.Header.Get("Content-Type"))
	}
	if health, _ := d.call(http.MethodGet, "/healthz", ""); health.StatusCode != 200 {
		t.Errorf("/healthz is %s", health.Status)
	}
	if nothing, _ := d.call(http.MethodGet, "/nothing", ""); nothing.StatusCode != 404 {
		t.Errorf("/nothing is %s", nothing.Status)
	}
}

func TestMethodsAreRemembered(t *testing.T) {
	d := start(t, func(c *stripe.Config) { c.WebhookURL = "" })
	in := d.mustAuthorize("o", "pm_card_mastercard")
	m, err := d.PaymentMethods.Get(in.PaymentMethod.ID, nil)
	if err != nil || m.Card.Brand != "mastercard" {
		t.Fatalf("%+v, %v", m, err)
	}
	if m, err = d.PaymentMethods.Get("pm_card_amex", nil); err != nil || m.Card.Brand != "amex" {
		t.Fatalf("%+v, %v", m, err)
	}
}
