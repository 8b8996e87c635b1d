// Command on-order captures or voids a payment as its order says.
package main

import (
	"usher.example/functions/payments"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(payments.OnOrder) }
