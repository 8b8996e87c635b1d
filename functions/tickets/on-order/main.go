// Command on-order holds, frees and sells a ticket as orders say.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(tickets.OnOrder) }
