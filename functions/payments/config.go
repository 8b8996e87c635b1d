package payments

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"usher.example/shared/function"
)

// challengePath is where the test double has the page of a buyer's bank, which Stripe's form shows by itself.
const challengePath = "/_double/bank/{id}?payment_intent_client_secret={secret}"

// cardConfig is how a browser takes a card.
type cardConfig struct {
	PublishableKey string `json:"publishable_key"` // Stripe's public one
	TestDouble     bool   `json:"test_double"`
	// ChallengeURL is where a buyer answers their bank (3-D Secure) at the test double, with {id} and {secret} to fill in.
	ChallengeURL string `json:"challenge_url,omitempty"`
}

// Config says how a browser takes a card: GET /api/payments/config → 200 {publishable_key, test_double, challenge_url?}.
func Config(env *function.Env) (function.Handler, error) {
	key := env.Getenv("STRIPE_PUBLISHABLE_KEY")
	if key == "" {
		return nil, errors.New("STRIPE_PUBLISHABLE_KEY must be set")
	}
	body := cardConfig{PublishableKey: key}
	if double := env.Getenv("STRIPE_API_URL"); double != "" {
		body.TestDouble, body.ChallengeURL = true, strings.TrimSuffix(double, "/")+challengePath
	}
	return func(context.Context, *function.Request) (*function.Response, error) {
		return &function.Response{Status: http.StatusOK, Body: body}, nil
	}, nil
}
