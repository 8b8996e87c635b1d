// Command on-ticket keeps the replica of a ticket and tells its order what the ticket says.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(orders.OnTicket) }
