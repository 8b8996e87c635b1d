package stripe_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"usher.example/knative/stripe"
)

// problem is the part of an error object that clients decide on.
type problem struct {
	Type, Code, Param, Message string
}

func (d *double) refused(method, path, body string, headers ...string) (int, problem) {
	d.t.Helper()
	if len(headers) == 0 {
		headers = []string{"Authorization", "Bearer " + stripe.DefaultSecretKey, "Content-Type", formType}
	}
	res, raw := d.call(method, path, body, headers...)
	if strings.HasPrefix(path, "/v1/") && !strings.HasPrefix(res.Header.Get("Request-Id"), "req_") {
		d.t.Errorf("%s %s has no Request-Id", method, path)
	}
	var answer struct{ Error problem }
	if err := json.Unmarshal(raw, &answer); err != nil {
		d.t.Fatalf("%s %s answered %s: %s", method, path, res.Status, raw)
	}
	return res.StatusCode, answer.Error
}

func TestRefusals(t *testing.T) {
	d := start(t)
	in := d.mustAuthorize("o", "pm_card_visa")
	const create = "/v1/payment_intents"
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		want                     problem // Message is a part of it
	}{
		{"AmountMissing", "POST", create, "currency=usd", 400, problem{"invalid_request_error", "parameter_missing", "amount", "Missing required param: amount."}},
		{"CurrencyMissing", "POST", create, "amount=100", 400, problem{"invalid_request_error", "parameter_missing", "currency", ""}},
		{"AmountNotANumber", "POST", create, "amount=1.5&currency=usd", 400, problem{"invalid_request_error", "parameter_invalid_integer", "amount", "Invalid integer: 1.5"}},
		{"AmountNegative", "POST", create, "amount=-100&currency=usd", 400, problem{"invalid_request_error", "parameter_invalid_integer", "amount", ""}},
		{"AmountTooSmall", "POST", create, "amount=49&currency=usd", 400, problem{"invalid_request_error", "amount_too_small", "amount", "0.50 usd"}},
		{"AmountTooLarge", "POST", create, "amount=100000000&currency=usd", 400, problem{"invalid_request_error", "amount_too_large", "amount", "999999.99 usd"}},
		{"ZeroDecimalTooSmall", "POST", create, "amount=49&currency=jpy", 400, problem{"invalid_request_error", "amount_too_small", "amount", "50 jpy"}},
		{"ThreeDecimalNotRounded", "POST", create, "amount=5001&currency=kwd", 400, problem{"invalid_request_error", "", "amount", "multiple of 10"}},
		{"NoCentsLeft", "POST", create, "amount=5050&currency=isk", 400, problem{"invalid_request_error", "", "amount", "multiple of 100"}},
		{"CurrencyUnknown", "POST", create, "amount=100&currency=xts", 400, problem{"invalid_request_error", "", "currency", "Invalid currency: xts"}},
		{"ParameterUnknown", "POST", create, "amount=100&currency=usd&amont=1", 400, problem{"invalid_request_error", "parameter_unknown", "amont", "Received unknown parameter: amont"}},
		{"NestedParameterUnknown", "POST", create, "amount=100&currency=usd&automatic_payment_methods[enabled]=true&automatic_payment_methods[x]=1", 400, problem{"invalid_request_error", "parameter_unknown", "automatic_payment_methods[x]", ""}},
		{"ParametersExclusive", "POST", create, "amount=100&currency=usd&automatic_payment_methods[enabled]=true&payment_method_types[]=card", 400, problem{"invalid_request_error", "parameters_exclusive", "automatic_payment_methods", ""}},
		{"CaptureMethodUnknown", "POST", create, "amount=100&currency=usd&capture_method=later", 400, problem{"invalid_request_error", "", "capture_method", "must be one of"}},
		{"NotAHash", "POST", create, "amount=100&currency=usd&metadata=x", 400, problem{"invalid_request_error", "", "metadata", "Invalid hash"}},
		{"MetadataTooLong", "POST", create, "amount=100&currency=usd&metadata[a]=" + strings.Repeat("x", 501), 400, problem{"invalid_request_error", "", "metadata", "500"}},
		{"MalformedBrackets", "POST", create, "amount=100&currency=usd&metadata[a=x", 400, problem{"invalid_request_error", "", "", "brackets"}},
		{"EmailInvalid", "POST", create, "amount=100&currency=usd&receipt_email=nobody", 400, problem{"invalid_request_error", "email_invalid", "receipt_email", ""}},
		{"DescriptorTooLong", "POST", create, "amount=100&currency=usd&statement_descriptor_suffix=" + strings.Repeat("x", 23), 400, problem{"invalid_request_error", "", "statement_descriptor_suffix", "22"}},
		{"ReturnURLWithoutConfirm", "POST", create, "amount=100&currency=usd&return_url=http://a.example", 400, problem{"invalid_request_error", "", "return_url", "confirm"}},
		{"ReturnURLInvalid", "POST", create, "amount=100&currency=usd&confirm=true&return_url=javascript:alert(1)", 400, problem{"invalid_request_error", "url_invalid", "return_url", ""}},
		{"MethodUnknown", "POST", create, "amount=100&currency=usd&payment_method=pm_card_nobody", 400, problem{"invalid_request_error", "resource_missing", "payment_method", "No such PaymentMethod: 'pm_card_nobody'"}},
		{"ConfirmWithoutMethod", "POST", create, "amount=100&currency=usd&confirm=true&payment_method_types[]=card", 400, problem{"invalid_request_error", "payment_intent_unexpected_state", "", "missing a payment method"}},
		{"NowhereToComeBackTo", "POST", create, "amount=100&currency=usd&confirm=true&payment_method=pm_card_visa", 400, problem{"invalid_request_error", "", "return_url", "return_url"}},
		{"NoSuchIntent", "GET", create + "/pi_none", "", 404, problem{"invalid_request_error", "resource_missing", "intent", "No such payment_intent: 'pi_none'"}},
		{"NoSuchCharge", "GET", "/v1/charges/ch_none", "", 404, problem{"invalid_request_error", "resource_missing", "id", ""}},
		{"NoSuchRoute", "GET", "/v1/customers", "", 404, problem{"invalid_request_error", "", "", "Unrecognized request URL (GET: /v1/customers)"}},
		{"WrongMethod", "DELETE", create, "", 404, problem{"invalid_request_error", "", "", "Unrecognized request URL"}},
		{"ExpandUnknown", "GET", create + "/" + in.ID + "?expand[]=metadata", "", 400, problem{"invalid_request_error", "", "expand", "cannot be expanded"}},
		{"ConfirmTwice", "POST", create + "/" + in.ID + "/confirm", "payment_method=pm_card_visa", 400, problem{"invalid_request_error", "payment_intent_unexpected_state", "", "requires_capture"}},
		{"AmountAfterAuthorization", "POST", create + "/" + in.ID, "amount=5000", 400, problem{"invalid_request_error", "payment_intent_unexpected_state", "", ""}},
		{"RefundOfNothing", "POST", "/v1/refunds", "amount=1", 400, problem{"invalid_request_error", "parameter_missing", "payment_intent", ""}},
		{"LimitTooLarge", "GET", create + "?limit=101", "", 400, problem{"invalid_request_error", "parameter_invalid_integer", "limit", ""}},
		{"QueryUnknown", "GET", create + "/search?query=amount>5", "", 400, problem{"invalid_request_error", "", "query", "cannot search"}},
		{"CardNumberWrong", "POST", "/v1/payment_methods", "type=card&card[number]=4242424242424241&card[exp_month]=12&card[exp_year]=2099", 402, problem{"card_error", "incorrect_number", "number", ""}},
		{"RealCard", "POST", "/v1/payment_methods", "type=card&card[number]=4539578763621486&card[exp_month]=12&card[exp_year]=2050", 402, problem{"card_error", "card_declined", "", "test mode"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, got := d.refused(test.method, test.path, test.body)
			if status != test.status || got.Type != test.want.Type || got.Code != test.want.Code || got.Param != test.want.Param || !strings.Contains(got.Message, test.want.Message) {
				t.Fatalf("%d %+v; want %d %+v", status, got, test.status, test.want)
			}
		})
	}
	if status, got := d.refused("POST", create, `{"amount":100}`, "Authorization", "Bearer "+stripe.DefaultSecretKey, "Content-Type", "application/json"); status != 400 || !strings.Contains(got.Message, "form-urlencoded") {
		t.Errorf("a JSON body was answered with %d %+v", status, got)
	}
	if res, _ := d.call("POST", create, strings.Repeat("x", 2<<20), "Authorization", "Bearer "+stripe.DefaultSecretKey, "Content-Type", formType); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 2 MiB was answered with %s", res.Status)
	}
}

func TestKeys(t *testing.T) {
	d := start(t)
	for _, test := range []struct {
		name, key string
		status    int
		message   string
	}{
		{"None", "", 401, "You did not provide an API key"},
		{"Another", "Bearer sk_test_somebody_else", 401, "Invalid API Key provided: sk_test_****else"},
		{"Live", "Bearer sk_live_abcdefghijklmnop", 401, "live key was sent to a test double"},
		{"Publishable", "Bearer pk_test_usher_double", 401, "publishable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, got := d.refused("GET", "/v1/payment_intents", "", "Authorization", test.key)
			if status != test.status || !strings.Contains(got.Message, test.message) || strings.Contains(got.Message, "abcdefgh") {
				t.Fatalf("%d %+v", status, got)
			}
		})
	}
	if res, _ := d.call("GET", "/v1/payment_intents", "", "Authorization", "Basic c2tfdGVzdF91c2hlcl9kb3VibGU6"); res.StatusCode != 200 {
		t.Errorf("the key as a Basic user name was answered with %s", res.Status)
	}
	res, _ := d.call("GET", "/v1/payment_intents", "", "Authorization", "Bearer "+stripe.DefaultSecretKey, "Stripe-Version", "2022-11-15")
	if got := res.Header.Get("Stripe-Version"); got != "2022-11-15" {
		t.Errorf("Stripe-Version came back as %q", got)
	}
}

func TestConfigurationIsRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		with stripe.Config
		want string
	}{
		{"LiveKey", stripe.Config{SecretKey: "sk_live_1"}, "live key"},
		{"NoTestKey", stripe.Config{SecretKey: "secret"}, "sk_test_"},
		{"PublishableKey", stripe.Config{PublicKey: "pk_live_1"}, "pk_test_"},
		{"NoWebhookSecret", stripe.Config{WebhookURL: "http://127.0.0.1:1/"}, "whsec_"},
		{"WebhookAddress", stripe.Config{WebhookURL: "localhost:8080", WebhookSecret: "whsec_1"}, "webhook address"},
		{"WebhookEvent", stripe.Config{WebhookEvents: []string{"payment_intent.paid"}}, "no webhook event"},
		{"NoFile", stripe.Config{}, "data file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.with.PublicURL = "http://127.0.0.1:1"
			if d, err := stripe.Open(test.with); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, %v; want an error about %q", d, err, test.want)
			}
		})
	}
}
