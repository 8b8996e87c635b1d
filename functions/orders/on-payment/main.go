// Command on-payment completes an order whose payment is authorised.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(orders.OnPayment) }
