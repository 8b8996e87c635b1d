package payments

import (
	"context"
	"errors"
	"net/http"

	"usher.example/shared/function"
)

// Config says how a browser takes a card: GET /api/payments/config → 200 {publishable_key, test_double}. The key is Stripe's
// public one.
func Config(env *function.Env) (function.Handler, error) {
	key := env.Getenv("STRIPE_PUBLISHABLE_KEY")
	if key == "" {
		return nil, errors.New("STRIPE_PUBLISHABLE_KEY must be set")
	}
	body := struct {
		PublishableKey string `json:"publishable_key"`
		TestDouble     bool   `json:"test_double"`
	}{key, env.Getenv("STRIPE_API_URL") != ""}
	return func(context.Context, *function.Request) (*function.Response, error) {
		return &function.Response{Status: http.StatusOK, Body: body}, nil
	}, nil
}
