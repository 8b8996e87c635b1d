// Command list shows what can be bought now: GET /api/tickets.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Browse) }
