// Command mine shows a seller's own tickets: GET /api/tickets/mine.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Mine) }
