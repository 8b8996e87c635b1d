// Command on-order frees the ticket of a cancelled order.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(orders.OnOrder) }
