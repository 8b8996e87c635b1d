// Command webhook hears from Stripe: POST /api/payments/webhook.
package main

import (
	"usher.example/functions/payments"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(payments.Webhook) }
