// Command on-expiry cancels an order that is unpaid when its time is over.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(orders.OnExpiry) }
