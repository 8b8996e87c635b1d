// Command reconcile asks Stripe each minute for what it holds and nobody has taken.
package main

import (
	"usher.example/functions/payments"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(payments.Reconcile) }
