// Command create authorises the payment of an order: POST /api/payments.
package main

import (
	"usher.example/functions/payments"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(payments.Create) }
