// Command show shows the payment of an order: GET /api/payments/{order_id}.
package main

import (
	"usher.example/functions/payments"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(payments.Show) }
