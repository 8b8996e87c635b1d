// Command refund refunds a payment for an operator: POST /api/payments/{order_id}/refund.
package main

import (
	"usher.example/functions/payments"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(payments.Refund) }
