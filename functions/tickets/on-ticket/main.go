// Command on-ticket keeps the search index as the tickets are.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(tickets.OnTicket) }
