// Command config says how a browser takes a card: GET /api/payments/config.
package main

import (
	"usher.example/functions/payments"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(payments.Config) }
